"""Demonstration: write the ideal answer, or make a given one better.

An edit says more than its text: it is better than the response it was made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.task_kinds.base import (
    Answer,
    Options,
    TaskKind,
    by_itself,
    clean_text,
    one_at_a_time,
    refuse_unknown,
)
from annotation.task_kinds.options import Option, gettext_noop

LEAST_TEXT = Option(1, gettext_noop("Shortest text, in characters"), low=1, high=5000)
OPTIONS = {
    "edit": Option(
        False,
        gettext_noop("Start from a response"),
        gettext_noop("Labelers make a given response better instead of writing from nothing."),
    ),
    "least": LEAST_TEXT,
}


def groups(n: int, options: Options) -> list[tuple[int, ...]]:
    """Each response to be edited by itself, or one task with nothing but the prompt."""
    return one_at_a_time(n, options) if options["edit"] else by_itself(n, options)


def clean_answer(answer: Mapping[str, Any], k: int, options: Options) -> Answer:
    """Check ``{"text": the answer}``."""
    refuse_unknown(answer, ("text",))
    return {"text": clean_text(answer.get("text"), "answer.text", options["least"])}


DEMONSTRATION = TaskKind(
    name="demonstration",
    title=gettext_noop("Demonstration"),
    description=gettext_noop("Write the ideal response, or make a given one better."),
    min_responses=0,
    max_responses=1,
    options=OPTIONS,
    groups=groups,
    clean_answer=clean_answer,
)
