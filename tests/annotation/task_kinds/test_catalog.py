"""What holds for every task kind, and each kind's own answers."""

from __future__ import annotations

import random

import pytest

from annotation.task_kinds.base import STRENGTHS, AnswerError, OptionsError, inverse
from annotation.task_kinds.catalog import TASK_KINDS

EVERY_KIND = pytest.mark.parametrize("kind", TASK_KINDS.values(), ids=list(TASK_KINDS))


def sizes(kind):
    return range(kind.min_responses, kind.max_responses + 1)


def random_ranks(k: int, rng: random.Random) -> list[int]:
    return [rng.randint(1, k) for _ in range(k)]


@EVERY_KIND
def test_the_catalog_names_kinds_as_they_name_themselves(kind):
    assert TASK_KINDS[kind.name] is kind
    assert kind.clean_options({}) == dict(kind.default_options)


@EVERY_KIND
def test_turning_an_answer_and_back_changes_nothing(kind):
    rng = random.Random(0)
    for k in sizes(kind):
        for _ in range(20):
            answer = kind.from_ranks(random_ranks(k, rng), None)
            order = rng.sample(range(k), k)
            assert kind.reorder(kind.reorder(answer, order), inverse(order)) == answer


@EVERY_KIND
def test_outcomes_say_what_the_ranks_say(kind):
    rng = random.Random(1)
    for k in sizes(kind):
        ranks = random_ranks(k, rng)
        outcomes = kind.outcomes(kind.from_ranks(ranks, None), k)
        assert len(outcomes) == k * (k - 1) // 2
        for outcome in outcomes:
            i, j = outcome.i, outcome.j
            expected = None if ranks[i] == ranks[j] else i if ranks[i] < ranks[j] else j
            assert (i < j, outcome.winner) == (True, expected)


@EVERY_KIND
def test_a_turned_answer_speaks_of_the_same_responses(kind):
    """What was said of the response at position p on screen is said of canonical order[p]."""
    rng = random.Random(2)
    for k in sizes(kind):
        ranks, order = random_ranks(k, rng), rng.sample(range(k), k)
        shown = [ranks[canonical] for canonical in order]
        turned = kind.reorder(kind.from_ranks(shown, None), order)
        assert turned == kind.from_ranks(ranks, None)


@EVERY_KIND
def test_unknown_fields_and_options_are_refused_by_name(kind):
    k = kind.min_responses
    answer = kind.from_ranks(list(range(1, k + 1)), "better") | {"person": 7}
    with pytest.raises(AnswerError, match=r"answer\.person"):
        kind.clean_answer(answer, k, kind.default_options)
    with pytest.raises(OptionsError, match="colour"):
        kind.clean_options({"colour": True})


PAIRWISE, RANKING = TASK_KINDS["pairwise"], TASK_KINDS["ranking"]


@pytest.mark.parametrize("strength", STRENGTHS)
def test_pairwise_takes_every_strength(strength):
    answer = {"choice": "b", "strength": strength}
    assert PAIRWISE.clean_answer(answer, 2, PAIRWISE.default_options) == answer


def test_pairwise_without_strength_or_tie_asks_for_neither():
    options = PAIRWISE.clean_options({"strength": False, "tie": False})
    assert PAIRWISE.clean_answer({"choice": "a"}, 2, options) == {"choice": "a", "strength": None}
    with pytest.raises(AnswerError, match="strength"):
        PAIRWISE.clean_answer({"choice": "a", "strength": "better"}, 2, options)
    with pytest.raises(AnswerError, match="choice"):
        PAIRWISE.clean_answer({"choice": "tie"}, 2, options)


def test_both_bad_prefers_neither():
    (outcome,) = PAIRWISE.outcomes({"choice": "both_bad", "strength": None}, 2)
    assert outcome.winner is None


def test_an_option_that_is_a_flag_takes_only_true_and_false():
    with pytest.raises(OptionsError, match="tie"):
        PAIRWISE.clean_options({"tie": "yes"})


def test_ranks_become_competition_ranks():
    cleaned = RANKING.clean_answer({"ranks": [4, 2, 2, 4]}, 4, RANKING.default_options)
    assert cleaned == {"ranks": [3, 1, 1, 3]}


@pytest.mark.parametrize(
    "ranks", [None, [1, 2, 3], [1, 2, 3, 0], [1, 2, 3, 5], [1, 2, 3, True], [1, 2, 3, 2.5], "1234"]
)
def test_ranks_that_are_no_order_of_the_responses_are_refused(ranks):
    with pytest.raises(AnswerError, match=r"answer\.ranks"):
        RANKING.clean_answer({"ranks": ranks}, 4, RANKING.default_options)


def test_ties_are_refused_where_none_are_offered():
    with pytest.raises(AnswerError, match="ties"):
        RANKING.clean_answer({"ranks": [1, 1]}, 2, RANKING.clean_options({"ties": False}))


@pytest.mark.parametrize("k", [1, 10, "4", True])
def test_the_number_of_responses_to_rank_is_from_two_to_nine(k):
    with pytest.raises(OptionsError, match="k:"):
        RANKING.clean_options({"k": k})
