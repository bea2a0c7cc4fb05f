"""Pairwise comparison: A or B with four strengths, optionally a tie or "both bad"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from annotation.task_kinds.base import (
    STRENGTHS,
    Answer,
    AnswerError,
    Options,
    OptionsError,
    Outcome,
    TaskKind,
    refuse_unknown,
    two_at_a_time,
)
from annotation.task_kinds.options import CRITERIA, Option, gettext_noop

SIDES = ("a", "b")
OPTIONS = {
    "strength": Option(True, gettext_noop("Ask how much better")),
    "strengths": Option(
        STRENGTHS,
        gettext_noop("Steps of the scale"),
        gettext_noop("Without the weakest and with a tie the scale runs from -3 to +3."),
        choices=STRENGTHS,
    ),
    "tie": Option(True, gettext_noop("Offer a tie")),
    "both_bad": Option(True, gettext_noop('Offer "both bad"')),
    "criteria": CRITERIA,
}


def check_options(options: Options) -> None:
    """A scale needs a step."""
    if options["strength"] and not options["strengths"]:
        raise OptionsError("strengths: keep at least one step, or do not ask for strength.")


def clean_answer(answer: Mapping[str, Any], k: int, options: Options) -> Answer:
    """Check ``{"choice": a | b | tie | both_bad, "strength": one of four | null}``."""
    refuse_unknown(answer, ("choice", "strength"))
    if k != 2:
        raise AnswerError("A pairwise task has exactly two responses.")
    offered = [*SIDES, *(name for name in ("tie", "both_bad") if options[name])]
    choice, strength = answer.get("choice"), answer.get("strength")
    if choice not in offered:
        raise AnswerError(f"answer.choice: choose one of {', '.join(offered)}.")
    if choice in SIDES and options["strength"]:
        if strength not in options["strengths"]:
            raise AnswerError(f"answer.strength: choose one of {', '.join(options['strengths'])}.")
    elif strength is not None:
        raise AnswerError("answer.strength: leave it out; it is not asked here.")
    return {"choice": choice, "strength": strength}


def reorder(answer: Answer, order: Sequence[int]) -> Answer:
    """Swap a and b where `order` does; see TaskKind."""
    if answer["choice"] not in SIDES:
        return answer
    return {**answer, "choice": SIDES[order[SIDES.index(answer["choice"])]]}


def outcomes(answer: Answer, k: int) -> list[Outcome]:
    """The one comparison that the answer is; "both bad" prefers neither."""
    winner = SIDES.index(answer["choice"]) if answer["choice"] in SIDES else None
    return [Outcome(0, 1, winner, answer["strength"])]


def from_ranks(ranks: Sequence[int], strength: str | None = None) -> Answer:
    """The answer that orders the two responses as `ranks` does; a tie has no strength."""
    first, second = ranks
    if first == second:
        return {"choice": "tie", "strength": None}
    return {"choice": "a" if first < second else "b", "strength": strength}


PAIRWISE = TaskKind(
    name="pairwise",
    title=gettext_noop("Pairwise comparison"),
    description=gettext_noop("Two responses: which is better, and by how much."),
    min_responses=2,
    max_responses=2,
    options=OPTIONS,
    check_options=check_options,
    groups=two_at_a_time,
    clean_answer=clean_answer,
    reorder=reorder,
    outcomes=outcomes,
    from_ranks=from_ranks,
)
