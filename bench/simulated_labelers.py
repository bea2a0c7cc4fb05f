"""Simulated people who label through the browser's own addresses: honest ones and careless ones.

Each reads the shown text alone, sees its planted quality through noise of their own (Bradley-Terry
for pairs, Plackett-Luce for rankings), holds one item and preloads the next, and now and then sends
an answer twice, as a browser does after a lost reply. Who wrote a response they never learn. Told
that they are paused, they stop.
"""

from __future__ import annotations

import math
import random
import secrets
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bench.planted_truth import STRENGTH_THRESHOLDS, noisy_choice, quality
from bench.visitor import RequestRefusedError, Visitor

PRELOADED = 2
RESEND_EVERY = 20
TIE_BELOW = 0.15
"""Responses whose perceived qualities are closer than this get one place in a ranking."""

CONFLICT = 409
_PATIENCE = 40
_PAUSE = 0.1

Manner = Literal["honest", "random", "always left"]


@dataclass(frozen=True)
class Profile:
    """A simulated person: how they answer, and for honest ones how noisily they see.

    Noise of ``temperature`` is on the scale of planted quality; see `profiles_for`.
    """

    name: str
    manner: Manner
    temperature: float = 0.0


PROFILES = (
    Profile("aoi", "honest", 0.4),
    Profile("ben", "honest", 0.5),
    Profile("chika", "honest", 0.6),
    Profile("dmitri", "honest", 0.8),
    Profile("emi", "honest", 1.0),
    Profile("farid", "honest", 1.2),
    Profile("guess", "random"),
    Profile("lefty", "always left"),
)

PROFILES_ARE_FOR = 1.6
"""The usual quality difference between two sample responses, which the noise above goes with."""


def profiles_for(usual_difference: float) -> list[Profile]:
    """The same people before responses that differ by so much: they err as often as elsewhere."""
    scale = usual_difference / PROFILES_ARE_FOR
    return [replace(each, temperature=each.temperature * scale) for each in PROFILES]


@dataclass
class Tally:
    """What a person did: answers, repeats, and comparisons that agree with the planted truth.

    ``paused`` is after how many answers they were told to stop, None where nobody told them.
    """

    answers: int = 0
    resent: int = 0
    right: int = 0
    compared: int = 0
    paused: int | None = None


@dataclass
class SimulatedLabeler:
    """One person with a session of their own; ``tallies`` has one entry per project."""

    profile: Profile
    visitor: Visitor
    rng: random.Random
    tallies: dict[str, Tally] = field(default_factory=dict)

    def label(self, slug: str, answered: Callable[[], object] = lambda: None) -> int:
        """Answer until nothing is left in the project for this person; how many answers."""
        tally = self.tallies.setdefault(slug, Tally())
        before = tally.answers
        items: list[dict[str, Any]] = []
        try:
            while self._preload(slug, items):
                item = items.pop(0)
                following = self._submit(slug, item, items, tally)
                if following is not None:
                    items.append(following)
                answered()
        except RequestRefusedError as refused:
            if refused.status != CONFLICT or "suspended" not in str(refused):
                raise
            tally.paused = tally.answers
        return tally.answers - before

    def _preload(self, slug: str, items: list[dict[str, Any]]) -> bool:
        """Fill ``items`` up; False when there is nothing to do and nothing will come."""
        for _ in range(_PATIENCE):
            while len(items) < PRELOADED:
                holding = [item["assignment"] for item in items]
                answer = self.visitor.post(f"projects/{slug}/labeling/next/", {"holding": holding})
                if answer["item"] is None:
                    break
                items.append(answer["item"])
            if items:
                return True
            if answer["work"]["left"] == 0:
                return False
            # Others hold the lock on what is left; the next look may find it.
            time.sleep(_PAUSE)
        return False

    def _submit(
        self, slug: str, item: dict[str, Any], rest: Sequence[dict[str, Any]], tally: Tally
    ) -> dict[str, Any] | None:
        qualities = qualities_of(item)
        answer = answer_of(self.profile, item["kind"], qualities, self.rng)
        body = {
            "assignment": item["assignment"],
            "client_id": str(uuid.UUID(int=self.rng.getrandbits(128), version=4)),
            "answer": answer,
            "seconds": round(self.rng.lognormvariate(2.5, 0.5), 1),
            "holding": [other["assignment"] for other in rest],
        }
        stored = self.visitor.post(f"projects/{slug}/labeling/judgments/", body)
        tally.answers += 1
        right, compared = against_truth(answer, qualities)
        tally.right += right
        tally.compared += compared
        if tally.answers % RESEND_EVERY == 0:
            again = self.visitor.post(
                f"projects/{slug}/labeling/judgments/", {**body, "want_next": False}
            )
            if again["judgment"] != stored["judgment"]:
                raise AssertionError("An answer that was sent twice was stored twice.")
            tally.resent += 1
        following: dict[str, Any] | None = stored["item"]
        return following


def sign_up_all(
    address: str,
    link: str,
    seed: int,
    profiles: Sequence[Profile],
    came: Callable[[], object] = lambda: None,
) -> list[SimulatedLabeler]:
    """Every profile as a person of their own, who came by the invitation ``link``."""

    def come(number: int) -> SimulatedLabeler:
        profile = profiles[number]
        visitor = Visitor(address)
        visitor.sign_up(link, profile.name, secrets.token_urlsafe(12))
        came()
        return SimulatedLabeler(profile, visitor, random.Random(f"{seed} {profile.name}"))

    with ThreadPoolExecutor(len(profiles)) as pool:
        return list(pool.map(come, range(len(profiles))))


def label_together(
    labelers: Sequence[SimulatedLabeler], slug: str, answered: Callable[[], object]
) -> Tally:
    """All label the project at the same time until it is done; returns what they did in all.

    Somebody paused late gives back tasks when the others have left already: they come again
    until a visit of all finds nothing.
    """
    with ThreadPoolExecutor(len(labelers)) as pool:
        while sum(pool.map(lambda labeler: labeler.label(slug, answered), labelers)):
            pass
    tallies = [labeler.tallies[slug] for labeler in labelers]
    return Tally(
        answers=sum(tally.answers for tally in tallies),
        resent=sum(tally.resent for tally in tallies),
        right=sum(tally.right for tally in tallies),
        compared=sum(tally.compared for tally in tallies),
    )


def qualities_of(item: dict[str, Any]) -> list[float]:
    """The planted quality of each response of an item, in the order on screen."""
    prompt = "\n".join(message["text"] for message in item["prompt"])
    return [
        quality(prompt, "\n".join(message["text"] for message in response["messages"]))
        for response in item["responses"]
    ]


def answer_of(
    profile: Profile, kind: str, qualities: Sequence[float], rng: random.Random
) -> dict[str, Any]:
    """What this person answers to responses of these qualities, in the order on screen."""
    if kind == "pairwise":
        left, right = qualities
        choice, strength = noisy_choice(left, right, profile.temperature, rng)
        if profile.manner != "honest":
            choice = "a" if profile.manner == "always left" else rng.choice("ab")
            strength = rng.choice(list(STRENGTH_THRESHOLDS))
        return {"choice": choice, "strength": strength}
    if profile.manner == "honest":
        seen = [q + profile.temperature * _gumbel(rng) for q in qualities]
        return {"ranks": ranks_of(seen)}
    ranks = list(range(1, len(qualities) + 1))
    if profile.manner == "random":
        rng.shuffle(ranks)
    return {"ranks": ranks}


def ranks_of(seen: Sequence[float], tie_below: float = TIE_BELOW) -> list[int]:
    """Competition ranks, 1 for the highest; neighbours closer than ``tie_below`` share a place."""
    order = sorted(range(len(seen)), key=lambda i: -seen[i])
    ranks = [1] * len(seen)
    for place in range(1, len(order)):
        before, now = order[place - 1], order[place]
        tied = seen[before] - seen[now] < tie_below
        ranks[now] = ranks[before] if tied else place + 1
    return ranks


def against_truth(answer: dict[str, Any], qualities: Sequence[float]) -> tuple[int, int]:
    """Comparisons of an answer that agree with the qualities, and those that decide; no ties."""
    ranks = answer.get("ranks") or ([1, 2] if answer["choice"] == "a" else [2, 1])
    pairs = [
        (qualities[i] - qualities[j], ranks[j] - ranks[i])
        for i in range(len(ranks))
        for j in range(i)
        if ranks[i] != ranks[j] and qualities[i] != qualities[j]
    ]
    return sum(true * said > 0 for true, said in pairs), len(pairs)


def _gumbel(rng: random.Random) -> float:
    """Noise whose differences are logistic: sorting by it draws from Plackett and Luce's model."""
    return -math.log(-math.log(min(max(rng.random(), 1e-12), 1 - 1e-12)))
