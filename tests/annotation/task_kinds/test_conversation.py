"""Conversations: what is taken, what is refused, what it says of the responses."""

from __future__ import annotations

import pytest

from annotation.task_kinds.base import AnswerError, OptionsError
from annotation.task_kinds.conversation import CONVERSATION, speaker_after

OPTIONS = CONVERSATION.default_options
ASKED = {"role": "user", "content": "Why?"}
ANSWERED = {"role": "assistant", "content": "Because."}


def test_one_person_writes_both_sides_in_turn():
    cleaned = CONVERSATION.clean_answer({"turns": [ASKED, ANSWERED]}, 0, OPTIONS)
    assert cleaned == {"turns": [ASKED, ANSWERED], "ended": False}


@pytest.mark.parametrize(
    "turns",
    [
        None,
        [ASKED],
        [ASKED, ASKED],
        [ASKED, {"role": "system", "content": "x"}],
        [ASKED, {"role": "assistant", "content": " "}],
        [ASKED, ANSWERED | {"name": "x"}],
        [ASKED, ANSWERED] * 5,
    ],
)
def test_what_is_no_conversation_is_refused(turns):
    with pytest.raises(AnswerError):
        CONVERSATION.clean_answer({"turns": turns}, 0, OPTIONS)


def test_of_two_people_each_writes_one_turn():
    options = CONVERSATION.clean_options({"people": "two"})
    answer = {"turns": [ASKED], "ended": True}
    assert CONVERSATION.clean_answer(answer, 0, options) == answer
    with pytest.raises(AnswerError, match="exactly one turn"):
        CONVERSATION.clean_answer({"turns": [ASKED, ANSWERED]}, 0, options)


def test_more_than_the_most_turns_is_less_than_the_fewest():
    with pytest.raises(OptionsError, match="most"):
        CONVERSATION.clean_options({"least": 6, "most": 5})


@pytest.mark.parametrize(
    ("roles", "speaker"),
    [([], "user"), (["topic"], "user"), (["user"], "assistant"), (["user", "assistant"], "user")],
)
def test_the_user_begins_and_the_two_sides_alternate(roles, speaker):
    assert speaker_after([{"role": role, "content": "x"} for role in roles]) == speaker
