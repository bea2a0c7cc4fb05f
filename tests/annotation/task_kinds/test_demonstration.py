"""Demonstrations: what is taken, what is refused, what it says of the responses."""

from __future__ import annotations

import pytest

from annotation.task_kinds.base import AnswerError
from annotation.task_kinds.demonstration import DEMONSTRATION


def test_with_nothing_to_edit_there_is_one_task_however_many_responses_there_are():
    assert DEMONSTRATION.groups(3, DEMONSTRATION.default_options) == [()]


def test_each_response_is_edited_by_itself():
    options = DEMONSTRATION.clean_options({"edit": True})
    assert DEMONSTRATION.groups(2, options) == [(0,), (1,)]


@pytest.mark.parametrize("text", [None, "", "  ", 7, "a" * 50_001, "nul \0"])
def test_a_text_that_says_nothing_or_too_much_is_refused(text):
    with pytest.raises(AnswerError, match=r"answer\.text"):
        DEMONSTRATION.clean_answer({"text": text}, 0, DEMONSTRATION.default_options)


def test_a_least_length_can_be_asked():
    options = DEMONSTRATION.clean_options({"least": 20})
    with pytest.raises(AnswerError, match="at least 20 characters"):
        DEMONSTRATION.clean_answer({"text": "Too short."}, 0, options)
