"""Simulated labelers: honest ones follow the text through noise, careless ones ignore it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from bench.planted_truth import quality
from bench.simulated_labelers import (
    PROFILES,
    PROFILES_ARE_FOR,
    RESEND_EVERY,
    Profile,
    SimulatedLabeler,
    against_truth,
    answer_of,
    label_together,
    profiles_for,
    qualities_of,
    ranks_of,
)
from bench.visitor import RequestRefusedError, Visitor

EXACT = Profile("exact", "honest", 0.0)
NOISY = Profile("noisy", "honest", 1.0)
LEFT = Profile("left", "always left")
GUESS = Profile("guess", "random")


def test_an_exact_person_says_the_truth() -> None:
    rng = random.Random(0)
    assert answer_of(EXACT, "pairwise", [0.0, 3.0], rng) == {
        "choice": "b",
        "strength": "significantly",
    }
    assert answer_of(EXACT, "ranking", [0.0, 3.0, -1.0, 2.0], rng) == {"ranks": [3, 1, 4, 2]}


@pytest.mark.parametrize(("kind", "qualities"), [("pairwise", [1.0, 0.0]), ("ranking", [1.0, 0.0])])
def test_noise_is_bradley_terrys(kind: str, qualities: list[float]) -> None:
    rng = random.Random(1)
    answers = [answer_of(NOISY, kind, qualities, rng) for _ in range(4000)]
    found = [against_truth(answer, qualities) for answer in answers]
    right, compared = sum(r for r, _ in found), sum(n for _, n in found)
    # sigmoid(1) = 0.731; a ranking's near ties are left out, which changes it by less than 0.01.
    assert right / compared == pytest.approx(0.731, abs=0.025)


def test_careless_people_ignore_the_text() -> None:
    rng = random.Random(2)
    assert {answer_of(LEFT, "pairwise", [0, 9], rng)["choice"] for _ in range(20)} == {"a"}
    assert answer_of(LEFT, "ranking", [0, 9, 3], rng) == {"ranks": [1, 2, 3]}
    choices = [answer_of(GUESS, "pairwise", [0, 9], rng)["choice"] for _ in range(1000)]
    assert choices.count("a") == pytest.approx(500, abs=60)
    orders = {tuple(answer_of(GUESS, "ranking", [0, 9, 3], rng)["ranks"]) for _ in range(200)}
    assert len(orders) == 6


def test_near_qualities_share_a_place() -> None:
    assert ranks_of([1.0, 3.0, 2.95, 0.0], tie_below=0.1) == [3, 1, 1, 4]
    assert ranks_of([1.0, 1.0, 1.0]) == [1, 1, 1]


def test_ties_are_neither_right_nor_wrong() -> None:
    assert against_truth({"ranks": [1, 1, 3]}, [2.0, 1.0, 0.0]) == (2, 2)
    assert against_truth({"choice": "a"}, [1.0, 1.0]) == (0, 0)
    assert against_truth({"choice": "b"}, [1.0, 0.0]) == (0, 1)


ITEM = {
    "kind": "pairwise",
    "prompt": [{"role": "user", "text": "How do I boil an egg?"}],
    "responses": [
        {"messages": [{"role": "assistant", "text": "Maybe. Whatever, I guess."}]},
        {"messages": [{"role": "assistant", "text": "Boil the egg for 7 minutes, then cool it."}]},
    ],
}


def test_qualities_come_from_the_text_on_screen() -> None:
    seen = qualities_of(ITEM)
    assert seen[0] < seen[1]
    answer = ITEM["responses"][1]["messages"][0]["text"]  # type: ignore[index]
    assert seen[1] == quality("How do I boil an egg?", answer)


class Server:
    """The labeling addresses for one person, with ``count`` items."""

    def __init__(self, count: int) -> None:
        self.left = list(range(count))
        self.stored: dict[str, dict[str, Any]] = {}
        self.most_held = 0

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        judgment = None
        if path.endswith("judgments/"):
            if body["client_id"] not in self.stored:
                self.stored[body["client_id"]] = body
            judgment = list(self.stored).index(body["client_id"])
        wanted = body.get("want_next", True) and self.left
        item = {**ITEM, "assignment": self.left.pop(0)} if wanted else None
        self.most_held = max(self.most_held, len(body["holding"]) + (item is not None))
        return {"item": item, "work": {"left": len(self.left)}, "judgment": judgment}


def labeler_at(server: Server) -> SimulatedLabeler:
    visitor = Visitor("http://nowhere")
    post: Callable[..., Any] = server.post
    visitor.post = post  # type: ignore[method-assign]
    return SimulatedLabeler(EXACT, visitor, random.Random(3))


def test_labels_everything_once_and_sends_some_twice() -> None:
    server = Server(2 * RESEND_EVERY + 1)
    seen: list[int] = []
    labeler = labeler_at(server)
    done = label_together([labeler], "p", lambda: seen.append(1))
    assert done.answers == len(seen) == len(server.stored) == 2 * RESEND_EVERY + 1
    assert done.resent == 2
    assert done.right == done.compared == done.answers
    assert {body["assignment"] for body in server.stored.values()} == set(range(done.answers))
    assert server.most_held == 2


def refusing(server: Server, after: int, said: str, status: int) -> SimulatedLabeler:
    labeler = labeler_at(server)

    def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path.endswith("next/") and len(server.stored) >= after:
            raise RequestRefusedError(said, status)
        answer = server.post(path, body)
        return {**answer, "item": None} if len(server.stored) >= after else answer

    labeler.visitor.post = post  # type: ignore[method-assign, assignment]
    return labeler


def test_who_is_told_that_they_are_paused_stops_in_peace() -> None:
    labeler = refusing(Server(30), 7, "You are suspended in this project.", 409)
    done = label_together([labeler], "p", lambda: None)
    assert done.answers == 7
    assert labeler.tallies["p"].paused == 7


@pytest.mark.parametrize(("said", "status"), [("You hold too many.", 409), ("suspended", 403)])
def test_other_refusals_are_errors(said: str, status: int) -> None:
    with pytest.raises(RequestRefusedError, match=said):
        refusing(Server(30), 7, said, status).label("p")


def test_a_repeat_that_is_stored_again_is_an_error() -> None:
    server = Server(RESEND_EVERY)
    labeler = labeler_at(server)
    send = server.post

    def forgetful(path: str, body: dict[str, Any]) -> dict[str, Any]:
        if not body.get("want_next", True):
            body = {**body, "client_id": "another"}
        return send(path, body)

    labeler.visitor.post = forgetful  # type: ignore[method-assign, assignment]
    with pytest.raises(AssertionError, match="stored twice"):
        labeler.label("p")


def test_noise_goes_with_how_far_responses_differ() -> None:
    halved = profiles_for(PROFILES_ARE_FOR / 2)
    assert [p.name for p in halved] == [p.name for p in PROFILES]
    assert [p.temperature for p in halved] == [p.temperature / 2 for p in PROFILES]
