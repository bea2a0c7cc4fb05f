"""Ratings: what is taken, what is refused, what it says of the responses."""

from __future__ import annotations

import pytest

from annotation.task_kinds.base import AnswerError, OptionsError
from annotation.task_kinds.rating import RATING

OPTIONS = RATING.default_options


def test_scores_imply_comparisons_and_equal_scores_a_tie():
    answer = {"scores": [3, 7, 3], "flags": [[], [], []]}
    found = [(o.i, o.j, o.winner) for o in RATING.outcomes(answer, 3)]
    assert found == [(0, 1, 1), (0, 2, None), (1, 2, 1)]


def test_a_ranking_on_the_same_page_is_what_is_compared():
    options = RATING.clean_options({"rank": True})
    answer = {"scores": [5, 5], "ranks": [2, 1]}
    cleaned = RATING.clean_answer(answer, 2, options)
    assert cleaned == {"scores": [5, 5], "flags": [[], []], "ranks": [2, 1]}
    (outcome,) = RATING.outcomes(cleaned, 2)
    assert outcome.winner == 1
    with pytest.raises(AnswerError, match=r"answer\.ranks"):
        RATING.clean_answer({"scores": [5, 5]}, 2, options)
    with pytest.raises(AnswerError, match=r"answer\.ranks: leave it out"):
        RATING.clean_answer(answer, 2, OPTIONS)


def test_flags_are_kept_in_their_own_order():
    flags = [["Hallucination", "Fails the task"]]
    cleaned = RATING.clean_answer({"scores": [1], "flags": flags}, 1, OPTIONS)
    assert cleaned["flags"] == [["Fails the task", "Hallucination"]]


@pytest.mark.parametrize("scores", [None, [1], [0, 1], [1, 8], [1, "2"], [1, True]])
def test_scores_outside_the_scale_are_refused(scores):
    with pytest.raises(AnswerError, match=r"answer\.scores"):
        RATING.clean_answer({"scores": scores}, 2, OPTIONS)


@pytest.mark.parametrize("flags", [None, [[]], [[], ["Rude"]], [[], "Hallucination"], [[], 3]])
def test_flags_that_nobody_set_are_refused(flags):
    with pytest.raises(AnswerError, match=r"answer\.flags"):
        RATING.clean_answer({"scores": [1, 2], "flags": flags}, 2, OPTIONS)


def test_the_scale_may_run_from_minus_three_to_three():
    options = RATING.clean_options({"low": -3, "high": 3})
    assert RATING.clean_answer({"scores": [-3]}, 1, options)["scores"] == [-3]


@pytest.mark.parametrize(("low", "high"), [(7, 1), (5, 5), (0, 11)])
def test_a_scale_has_two_to_eleven_steps(low, high):
    with pytest.raises(OptionsError, match="high"):
        RATING.clean_options({"low": low, "high": high})
