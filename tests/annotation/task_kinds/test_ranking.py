"""Rankings: what is taken, what is refused, what it says of the responses."""

from __future__ import annotations

import pytest

from annotation.task_kinds.base import AnswerError, OptionsError
from annotation.task_kinds.ranking import RANKING

OPTIONS = RANKING.default_options


def test_ranks_become_competition_ranks():
    cleaned = RANKING.clean_answer({"ranks": [4, 2, 2, 4]}, 4, OPTIONS)
    assert cleaned == {"ranks": [3, 1, 1, 3]}


def test_a_ranking_compares_every_two():
    found = [(o.i, o.j, o.winner) for o in RANKING.outcomes({"ranks": [2, 1, 2]}, 3)]
    assert found == [(0, 1, 1), (0, 2, None), (1, 2, 1)]


@pytest.mark.parametrize(
    "ranks", [None, [1, 2, 3], [1, 2, 3, 0], [1, 2, 3, 5], [1, 2, 3, True], [1, 2, 3, 2.5], "1234"]
)
def test_ranks_that_are_no_order_of_the_responses_are_refused(ranks):
    with pytest.raises(AnswerError, match=r"answer\.ranks"):
        RANKING.clean_answer({"ranks": ranks}, 4, OPTIONS)


def test_ties_are_refused_where_none_are_offered():
    with pytest.raises(AnswerError, match="ties"):
        RANKING.clean_answer({"ranks": [1, 1]}, 2, RANKING.clean_options({"ties": False}))


@pytest.mark.parametrize("k", [1, 10, "4", True])
def test_the_number_of_responses_to_rank_is_from_two_to_nine(k):
    with pytest.raises(OptionsError, match="k:"):
        RANKING.clean_options({"k": k})
