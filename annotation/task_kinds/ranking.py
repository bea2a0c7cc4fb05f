"""Ranking of K = 2..9 responses, best first, with equal places for ties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from annotation.task_kinds.base import (
    Answer,
    AnswerError,
    Options,
    OptionsError,
    Outcome,
    TaskKind,
    clean_flags,
    refuse_unknown,
)

DEFAULT_OPTIONS = {"ties": True, "k": 4}
MIN_RESPONSES, MAX_RESPONSES = 2, 9


def clean_options(options: Options) -> dict[str, Any]:
    """Whether ties are offered, and ``k``: how many responses a new task ranks."""
    cleaned = clean_flags(options, DEFAULT_OPTIONS)
    k = cleaned["k"]
    if isinstance(k, bool) or not isinstance(k, int) or not MIN_RESPONSES <= k <= MAX_RESPONSES:
        raise OptionsError(f"k: give a number from {MIN_RESPONSES} to {MAX_RESPONSES}.")
    return cleaned


def competition_ranks(ranks: Sequence[int]) -> list[int]:
    """The same weak order as 1 + the number of better ones: ``[5, 2, 2]`` is ``[3, 1, 1]``."""
    return [1 + sum(other < rank for other in ranks) for rank in ranks]


def clean_answer(answer: Mapping[str, Any], k: int, options: Options) -> Answer:
    """Check ``{"ranks": [one whole number per response, 1 is best, equal is a tie]}``."""
    refuse_unknown(answer, ("ranks",))
    ranks = answer.get("ranks")
    if not isinstance(ranks, list) or len(ranks) != k:
        raise AnswerError(f"answer.ranks: give {k} ranks, one per response.")
    if any(isinstance(rank, bool) or not isinstance(rank, int) for rank in ranks):
        raise AnswerError("answer.ranks: every rank is a whole number; 1 is best.")
    if any(not 1 <= rank <= k for rank in ranks):
        raise AnswerError(f"answer.ranks: every rank is from 1 to {k}.")
    if not options["ties"] and len(set(ranks)) < k:
        raise AnswerError("answer.ranks: ties are not offered here; give each its own rank.")
    return {"ranks": competition_ranks(ranks)}


def reorder(answer: Answer, order: Sequence[int]) -> Answer:
    """Put each rank where its response stands canonically; see TaskKind."""
    ranks = [0] * len(order)
    for position, canonical in enumerate(order):
        ranks[canonical] = answer["ranks"][position]
    return {"ranks": ranks}


def outcomes(answer: Answer, k: int) -> list[Outcome]:
    """All C(k, 2) comparisons that the ranks imply."""
    ranks = answer["ranks"]
    return [
        Outcome(i, j, None if ranks[i] == ranks[j] else i if ranks[i] < ranks[j] else j)
        for i, j in combinations(range(k), 2)
    ]


def from_ranks(ranks: Sequence[int], strength: str | None = None) -> Answer:
    """The ranks themselves, as competition ranks; a ranking has no strength."""
    return {"ranks": competition_ranks(ranks)}


RANKING = TaskKind(
    name="ranking",
    title="Ranking",
    min_responses=MIN_RESPONSES,
    max_responses=MAX_RESPONSES,
    default_options=DEFAULT_OPTIONS,
    clean_options=clean_options,
    clean_answer=clean_answer,
    reorder=reorder,
    outcomes=outcomes,
    from_ranks=from_ranks,
)
