"""Pairwise answers: what is taken, what is refused, what it says of the responses."""

from __future__ import annotations

import pytest

from annotation.task_kinds.base import STRENGTHS, AnswerError, OptionsError
from annotation.task_kinds.pairwise import PAIRWISE

OPTIONS = PAIRWISE.default_options


@pytest.mark.parametrize("strength", STRENGTHS)
def test_every_strength_is_taken(strength):
    answer = {"choice": "b", "strength": strength}
    assert PAIRWISE.clean_answer(answer, 2, OPTIONS) == answer


def test_without_strength_or_tie_it_asks_for_neither():
    options = PAIRWISE.clean_options({"strength": False, "tie": False})
    assert PAIRWISE.clean_answer({"choice": "a"}, 2, options) == {"choice": "a", "strength": None}
    with pytest.raises(AnswerError, match="strength"):
        PAIRWISE.clean_answer({"choice": "a", "strength": "better"}, 2, options)
    with pytest.raises(AnswerError, match="choice"):
        PAIRWISE.clean_answer({"choice": "tie"}, 2, options)


def test_a_scale_of_three_steps_refuses_the_fourth():
    options = PAIRWISE.clean_options({"strengths": list(STRENGTHS[:3])})
    with pytest.raises(AnswerError, match=r"answer\.strength: choose one of significantly, better"):
        PAIRWISE.clean_answer({"choice": "a", "strength": "negligibly"}, 2, options)


def test_a_scale_without_steps_is_refused():
    with pytest.raises(OptionsError, match="strengths"):
        PAIRWISE.clean_options({"strengths": []})


def test_both_bad_prefers_neither():
    (outcome,) = PAIRWISE.outcomes({"choice": "both_bad", "strength": None}, 2)
    assert outcome.winner is None
