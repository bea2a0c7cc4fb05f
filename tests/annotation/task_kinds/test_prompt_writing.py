"""Written prompts: what is taken, what is refused, what it says of the responses."""

from __future__ import annotations

from annotation.task_kinds.prompt_writing import PROMPT_WRITING


def test_what_comes_in_is_the_topic_and_what_goes_out_the_question():
    assert PROMPT_WRITING.has_topic(PROMPT_WRITING.default_options)
    cleaned = PROMPT_WRITING.clean_answer({"text": " Why? "}, 0, PROMPT_WRITING.default_options)
    assert cleaned == {"text": "Why?"}
