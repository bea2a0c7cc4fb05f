"""Best of K: which of several responses is the best one; the others are not compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from annotation.task_kinds.base import (
    Answer,
    AnswerError,
    Options,
    Outcome,
    TaskKind,
    all_together,
    is_whole,
    refuse_unknown,
)
from annotation.task_kinds.options import CRITERIA, Option, gettext_noop, response_count

MIN_RESPONSES, MAX_RESPONSES = 2, 9
OPTIONS = {
    "k": response_count(4, MIN_RESPONSES, MAX_RESPONSES),
    "none": Option(True, gettext_noop('Offer "none is good"')),
    "criteria": CRITERIA,
}


def clean_answer(answer: Mapping[str, Any], k: int, options: Options) -> Answer:
    """Check ``{"best": position of the best response, or null where none is good}``."""
    refuse_unknown(answer, ("best",))
    best = answer.get("best")
    if best is None and "best" in answer and options["none"]:
        return {"best": None}
    if not is_whole(best) or not 0 <= best < k:
        raise AnswerError(f"answer.best: give the place of one response, 0 to {k - 1}.")
    return {"best": best}


def reorder(answer: Answer, order: Sequence[int]) -> Answer:
    """Name the best response by its canonical position; see TaskKind."""
    best = answer["best"]
    return {"best": None if best is None else order[best]}


def outcomes(answer: Answer, k: int) -> list[Outcome]:
    """The best one against each of the others; "none is good" compares nothing."""
    best = answer["best"]
    if best is None:
        return []
    others = (place for place in range(k) if place != best)
    return [Outcome(min(best, other), max(best, other), best) for other in others]


def from_ranks(ranks: Sequence[int], strength: str | None = None) -> Answer | None:
    """The one response that is ranked first; a tie for the first place names none."""
    first = [place for place, rank in enumerate(ranks) if rank == min(ranks)]
    return {"best": first[0]} if len(first) == 1 else None


BEST_OF = TaskKind(
    name="best_of",
    title=gettext_noop("Best of several"),
    description=gettext_noop("Several responses: which one is the best."),
    min_responses=MIN_RESPONSES,
    max_responses=MAX_RESPONSES,
    options=OPTIONS,
    groups=all_together,
    clean_answer=clean_answer,
    reorder=reorder,
    outcomes=outcomes,
    from_ranks=from_ranks,
)
