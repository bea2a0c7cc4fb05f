"""Thumbs: what is taken, what is refused, what it says of the responses."""

from __future__ import annotations

import pytest

from annotation.task_kinds.base import AnswerError
from annotation.task_kinds.thumbs import THUMBS


@pytest.mark.parametrize(("good", "winner"), [(True, 0), (False, 1)])
def test_the_response_is_compared_with_the_bar(good, winner):
    assert THUMBS.compared(1) == 2
    (outcome,) = THUMBS.outcomes({"good": good}, 1)
    assert (outcome.i, outcome.j, outcome.winner) == (0, 1, winner)


@pytest.mark.parametrize("good", [None, 1, "yes"])
def test_it_is_good_or_it_is_not(good):
    with pytest.raises(AnswerError, match=r"answer\.good"):
        THUMBS.clean_answer({"good": good}, 1, THUMBS.default_options)
