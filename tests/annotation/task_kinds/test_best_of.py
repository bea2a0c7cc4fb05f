"""Best of several: what is taken, what is refused, what it says of the responses."""

from __future__ import annotations

import pytest

from annotation.task_kinds.base import AnswerError
from annotation.task_kinds.best_of import BEST_OF

OPTIONS = BEST_OF.default_options


def test_the_best_one_beats_each_of_the_others_and_they_are_not_compared():
    found = [(o.i, o.j, o.winner) for o in BEST_OF.outcomes({"best": 2}, 4)]
    assert found == [(0, 2, 2), (1, 2, 2), (2, 3, 2)]


def test_none_is_good_is_an_answer_only_where_it_is_offered():
    assert BEST_OF.clean_answer({"best": None}, 4, OPTIONS) == {"best": None}
    assert BEST_OF.outcomes({"best": None}, 4) == []
    with pytest.raises(AnswerError, match=r"answer\.best"):
        BEST_OF.clean_answer({"best": None}, 4, BEST_OF.clean_options({"none": False}))


@pytest.mark.parametrize("best", [-1, 4, "0", True, 1.0])
def test_the_best_is_one_of_those_shown(best):
    with pytest.raises(AnswerError, match="0 to 3"):
        BEST_OF.clean_answer({"best": best}, 4, OPTIONS)


def test_two_that_share_the_first_place_name_no_best():
    assert BEST_OF.from_ranks([1, 2, 1]) is None
    assert BEST_OF.from_ranks([2, 1, 3]) == {"best": 1}
