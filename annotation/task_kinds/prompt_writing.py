"""Prompt writing: the labeler writes the question itself, about a topic or under a constraint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.task_kinds.base import (
    Answer,
    Options,
    TaskKind,
    by_itself,
    clean_text,
    refuse_unknown,
)
from annotation.task_kinds.demonstration import LEAST_TEXT
from annotation.task_kinds.options import gettext_noop


def clean_answer(answer: Mapping[str, Any], k: int, options: Options) -> Answer:
    """Check ``{"text": the question}``."""
    refuse_unknown(answer, ("text",))
    return {"text": clean_text(answer.get("text"), "answer.text", options["least"])}


def has_topic(options: Options) -> bool:
    """What comes in as a prompt is what to write about."""
    return True


PROMPT_WRITING = TaskKind(
    name="prompt_writing",
    title=gettext_noop("Prompt writing"),
    description=gettext_noop("Write the question itself, about a topic that is given."),
    min_responses=0,
    max_responses=0,
    options={"least": LEAST_TEXT},
    groups=by_itself,
    clean_answer=clean_answer,
    has_topic=has_topic,
)
