"""What a candidate says was answered elsewhere, as a project's kind says it, in canonical order.

What was said elsewhere is held to the kind and its scales, not to what a project offers: a tie
stays a tie where none is offered, and nobody is asked for a strength they did not give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotation.candidates import Candidate, KnownAnswer
from annotation.readers.base import RowError
from annotation.task_kinds.base import STRENGTHS, AnswerError, TaskKind

Answer = dict[str, Any]

OFFERED = {"tie": True, "both_bad": True, "ties": True, "none": True, "strengths": STRENGTHS}
"""Options that say what is offered; all of it may have been said elsewhere."""


@dataclass(frozen=True)
class Asked:
    """What a project asks: its kind with every option."""

    kind: TaskKind
    options: Mapping[str, Any]

    @property
    def criteria(self) -> Sequence[str]:
        """The criteria of the tasks of one item; none of them is the empty one."""
        return self.options.get("criteria") or [""]


def writes(kind: TaskKind) -> bool:
    """Whether people write in tasks of this kind, so that no answer is right or wrong."""
    # mypy takes the default of a field for a method of its class.
    return kind.outcomes is getattr(TaskKind, "outcomes")  # noqa: B009


def check(asked: Asked, candidate: Candidate) -> None:
    """Check what is known of `candidate` against what the project asks.

    Raises:
        RowError: an answer that the kind cannot hold, or an unknown criterion.
    """
    different = {repr(messages) for messages, _source in candidate.responses}
    if len(different) < asked.kind.min_responses:
        return
    for known in candidate.known:
        _check_criterion(asked, known)
        if known.answer is not None:
            _check_answer(asked, known, len(candidate.responses), len(different))
    if (gold := candidate.gold) is not None:
        _check_criterion(asked, gold)
        if gold.answer is not None:
            _check_answer(asked, gold, len(candidate.responses), len(different))
        elif not gold.ranks and not writes(asked.kind):
            raise RowError("gold.answer", "is missing; only where people write may it be null.")


def _check_criterion(asked: Asked, known: KnownAnswer) -> None:
    if known.criterion and known.criterion not in asked.criteria:
        names = ", ".join(filter(None, asked.criteria)) or "none"
        raise RowError(
            f"{known.field}criterion", f"is no criterion of this project; there are: {names}."
        )


def _check_answer(asked: Asked, known: KnownAnswer, given: int, different: int) -> None:
    place = f"{known.field}answer"
    groups = asked.kind.groups(different, _wide(asked))
    if different < given and any(groups):
        raise RowError(place, "is about responses of which two read the same; remove one of them.")
    if len(groups) != 1 or len(groups[0]) not in (0, given):
        raise RowError(
            place, "is about one item, and this row makes another number; give a row for each item."
        )
    try:
        _cleaned(asked, known.answer or {}, len(groups[0]))
    except AnswerError as problem:
        where, _colon, what = str(problem).partition(": ")
        if what and where.startswith("answer"):
            raise RowError(f"{known.field}{where}", what) from problem
        raise RowError(place, str(problem)) from problem


def _wide(asked: Asked) -> dict[str, Any]:
    """The options with room for all responses that are there."""
    options = dict(asked.options)
    return options | {"k": asked.kind.max_responses} if "k" in options else options


def _cleaned(asked: Asked, given: Mapping[str, Any], k: int) -> Answer:
    """An answer in the kind's own form, checked by its kind.

    Raises:
        AnswerError: naming the field and the remedy.
    """
    asks = {
        **OFFERED,
        "strength": given.get("strength") is not None,
        "rank": given.get("ranks") is not None,
        "least": 1,
    }
    options = {name: asks.get(name, value) for name, value in asked.options.items()}
    # Parquet has a column for what other rows say.
    answer = {name: value for name, value in given.items() if value is not None}
    if "best" in given:
        answer["best"] = given["best"]
    return asked.kind.clean_answer(answer, k, options)


def groups_of(asked: Asked, candidate: Candidate, different: int) -> list[tuple[int, ...]]:
    """Which of a candidate's different responses each of its tasks shows.

    What is known of all of them is not cut down to what a labeler would be shown.
    """
    whole = bool(candidate.known) or (candidate.gold is not None and candidate.gold.answer)
    return asked.kind.groups(different, _wide(asked) if whole else asked.options)


def said_of(
    asked: Asked, known: KnownAnswer, group: Sequence[int], criterion: str
) -> Answer | None:
    """What `known` says of the responses in `group`; None where it says nothing of them.

    ``group[canonical position]`` is the place of a response among the candidate's.
    """
    if known.criterion != criterion:
        return None
    if known.answer is None:
        ranks = [known.ranks[place] for place in group] if known.ranks else []
        return asked.kind.from_ranks(ranks, known.strength) if ranks else None
    answer = _cleaned(asked, known.answer, len(group))
    return asked.kind.reorder(answer, [group.index(place) for place in range(len(group))])


def order_shown(known: KnownAnswer, group: Sequence[int]) -> list[int]:
    """The canonical positions of a group's responses as they were shown; empty where unknown."""
    return [group.index(place) for place in known.shown if place in group]
