"""What a candidate becomes: its tasks in canonical order, with what is known of each."""

from __future__ import annotations

import json

import pytest

from annotation import planning
from annotation.candidates import Candidate, KnownAnswer
from annotation.hashing import content_hash
from annotation.known_answers import Asked
from annotation.task_kinds.catalog import TASK_KINDS
from tests.annotation.making import candidate

PAIRS = Asked(TASK_KINDS["pairwise"], TASK_KINDS["pairwise"].clean_options({}))


def choice(known: planning.KnownLaid) -> str:
    return json.loads(known.answer)["choice"]


def test_the_canonical_order_is_that_of_the_hashes():
    for number in range(8):
        laid = planning.lay_out(PAIRS, candidate(number, known=[KnownAnswer([1, 2], labeler="w")]))
        (task,) = laid.tasks
        digests = [laid.responses[place].digest for place in task.places]
        assert digests == sorted(digests)
        assert choice(task.known[0]) == ("a" if task.places[0] == 0 else "b")


def test_ranks_of_many_are_shared_out_among_their_pairs():
    laid = planning.lay_out(
        PAIRS, candidate(1, k=4, known=[KnownAnswer([1, 2, 3, 4], labeler="w")])
    )
    assert len(laid.tasks) == 6
    for task in laid.tasks:
        # The candidate's responses come from best to worst.
        assert choice(task.known[0]) == ("a" if task.places[0] < task.places[1] else "b")


def test_content_is_known_by_the_hash_of_its_canonical_json():
    laid = planning.lay_out(PAIRS, candidate(1))
    assert laid.digest == content_hash([{"role": "user", "content": "Question 1?"}])
    (task,) = laid.tasks
    responses = [laid.responses[place].digest for place in task.places]
    assert task.digest == content_hash(["pairwise", "", laid.digest, responses])


@pytest.mark.parametrize(("k", "too_few"), [(0, False), (1, True), (2, False)])
def test_too_few_responses_make_no_task(k, too_few):
    laid = planning.lay_out(PAIRS, candidate(1, k=k))
    assert (laid.too_few, len(laid.tasks)) == (too_few, int(k == 2))
    assert not planning.lay_out(PAIRS, candidate(1, k=k), make_tasks=False).too_few


def test_answers_that_no_task_holds_are_counted():
    known = [KnownAnswer([1, 2]), KnownAnswer([1, 2], criterion="kind")]
    assert planning.lay_out(PAIRS, candidate(1, known=known)).unfit == 1


def test_what_is_laid_out_survives_json():
    given = Candidate(
        [{"role": "user", "content": "naïve \u2028 \\ \t?"}],
        [([{"role": "assistant", "content": c}], "m") for c in "ab"],
        language="en",
        tags=["t"],
        reference="r",
        known=[KnownAnswer([1, 2], "better", "w", "because", seconds=1.5)],
        gold=KnownAnswer([2, 1]),
        explanation="So.",
    )
    laid = planning.lay_out(PAIRS, given)
    assert laid.tasks[0].is_gold
    assert planning.laid_again(json.loads(json.dumps(laid))) == laid
