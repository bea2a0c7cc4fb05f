"""Ranking of K = 2..9 responses, best first, with equal places for ties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
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
    turn,
)
from annotation.task_kinds.options import CRITERIA, Option, gettext_noop, response_count

MIN_RESPONSES, MAX_RESPONSES = 2, 9
OPTIONS = {
    "k": response_count(4, MIN_RESPONSES, MAX_RESPONSES),
    "ties": Option(True, gettext_noop("Offer ties")),
    "criteria": CRITERIA,
}


def competition_ranks(ranks: Sequence[int]) -> list[int]:
    """The same weak order as 1 + the number of better ones: ``[5, 2, 2]`` is ``[3, 1, 1]``."""
    return [1 + sum(other < rank for other in ranks) for rank in ranks]


def clean_answer(answer: Mapping[str, Any], k: int, options: Options) -> Answer:
    """Check ``{"ranks": [one whole number per response, 1 is best, equal is a tie]}``."""
    refuse_unknown(answer, ("ranks",))
    return {"ranks": clean_ranks(answer.get("ranks"), k, ties=options["ties"])}


def clean_ranks(ranks: object, k: int, *, ties: bool) -> list[int]:
    """`ranks` as competition ranks of `k` responses.

    Raises:
        AnswerError: not a whole number from 1 to k for each response, or a tie where none is
            offered.
    """
    if not isinstance(ranks, list) or len(ranks) != k:
        raise AnswerError(f"answer.ranks: give {k} ranks, one per response.")
    if not all(map(is_whole, ranks)):
        raise AnswerError("answer.ranks: every rank is a whole number; 1 is best.")
    if any(not 1 <= rank <= k for rank in ranks):
        raise AnswerError(f"answer.ranks: every rank is from 1 to {k}.")
    if not ties and len(set(ranks)) < k:
        raise AnswerError("answer.ranks: ties are not offered here; give each its own rank.")
    return competition_ranks(ranks)


def reorder(answer: Answer, order: Sequence[int]) -> Answer:
    """Put each rank where its response stands canonically; see TaskKind."""
    return {"ranks": turn(answer["ranks"], order)}


def outcomes(answer: Answer, k: int) -> list[Outcome]:
    """All C(k, 2) comparisons that the ranks imply."""
    return in_order(answer["ranks"])


def in_order(ranks: Sequence[int]) -> list[Outcome]:
    """The comparison of every two places; the lower number is the better one."""
    return [
        Outcome(i, j, None if ranks[i] == ranks[j] else i if ranks[i] < ranks[j] else j)
        for i, j in combinations(range(len(ranks)), 2)
    ]


def from_ranks(ranks: Sequence[int], strength: str | None = None) -> Answer:
    """The ranks themselves, as competition ranks; a ranking has no strength."""
    return {"ranks": competition_ranks(ranks)}


RANKING = TaskKind(
    name="ranking",
    title=gettext_noop("Ranking"),
    description=gettext_noop("Up to nine responses, put in order, best first."),
    min_responses=MIN_RESPONSES,
    max_responses=MAX_RESPONSES,
    options=OPTIONS,
    groups=all_together,
    clean_answer=clean_answer,
    reorder=reorder,
    outcomes=outcomes,
    from_ranks=from_ranks,
)
