"""Thumbs: one response, good or bad. Unpaired data, as KTO trains on it (2402.01306)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.task_kinds.base import (
    Answer,
    AnswerError,
    Options,
    Outcome,
    TaskKind,
    one_at_a_time,
    refuse_unknown,
)
from annotation.task_kinds.options import CRITERIA, gettext_noop

RESPONSE, BAR = 0, 1
"""What is compared: the response, and the bar of being good enough."""


def clean_answer(answer: Mapping[str, Any], k: int, options: Options) -> Answer:
    """Check ``{"good": true | false}``."""
    refuse_unknown(answer, ("good",))
    if not isinstance(answer.get("good"), bool):
        raise AnswerError("answer.good: give true or false.")
    return {"good": answer["good"]}


def outcomes(answer: Answer, k: int) -> list[Outcome]:
    """The response against the bar."""
    return [Outcome(RESPONSE, BAR, RESPONSE if answer["good"] else BAR)]


THUMBS = TaskKind(
    name="thumbs",
    title=gettext_noop("Thumbs up or down"),
    description=gettext_noop("One response: good or bad."),
    min_responses=1,
    max_responses=1,
    options={"criteria": CRITERIA},
    groups=one_at_a_time,
    clean_answer=clean_answer,
    outcomes=outcomes,
    has_bar=True,
)
