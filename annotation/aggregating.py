"""Consensus by majority: from what each labeler said to what they say together.

`aggregate` is a pure function, so that an export computes the consensus of exactly the judgments
it reads; `refresh_consensus` stores the same result for the pages. A tie stays a tie and a cycle
gives no order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max, Q

from annotation.models import Consensus, Judgment, Task
from annotation.stats.rankings import weak_order
from annotation.task_kinds.base import Outcome
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import Project

METHOD = "majority"
SPEAKING = (
    Judgment.Standing.COUNTED,
    Judgment.Standing.IMPORTED,
    Judgment.Standing.ADJUDICATION,
)
"""The standings that take part in a consensus and in an export."""

MARGIN_OF_STRENGTH = {"significantly": 1.0, "better": 2 / 3, "slightly": 1 / 3, "negligibly": 0.0}
"""The margins of exports.records, which reads this app and so cannot be read from here."""


@dataclass(frozen=True)
class Aggregate:
    """What several answers to one task say together.

    ``comparisons`` holds one dict per pair i < j with the fields of exports.records.Comparison;
    ``ranks`` is the weak order they form (1 is best), None where they form none; ``agreement`` is
    the share of labeler pairs who said the same of a pair of responses, None below two answers.
    """

    comparisons: list[dict[str, Any]]
    ranks: list[int] | None
    agreement: float | None


def aggregate(answers: Sequence[Sequence[Outcome]], k: int) -> Aggregate:
    """The majority consensus of `answers` about `k` things (`TaskKind.compared`).

    With w votes for i, l for j and t ties among n, the posterior is the rule of succession over
    the two decided outcomes: p_i = (w + 1) / (n + 2), p_j = (l + 1) / (n + 2), p_tie = t / (n + 2).
    ``margin`` is the mean margin of the strengths given with votes for the winner. What nobody
    compared has n = 0 and is no tie: it takes no part in the ranks.
    """
    said: dict[tuple[int, int], list[Outcome]] = {pair: [] for pair in combinations(range(k), 2)}
    for outcomes in answers:
        for outcome in outcomes:
            said[outcome.i, outcome.j].append(outcome)
    comparisons = [_compare(i, j, votes) for (i, j), votes in said.items()]
    ranks = weak_order(k, [(c["i"], c["j"], _sign(c)) for c in comparisons if c["n"]])
    return Aggregate(comparisons, ranks, _agreement(said.values()))


def _compare(i: int, j: int, votes: Sequence[Outcome]) -> dict[str, Any]:
    counted = Counter(vote.winner for vote in votes)
    n = len(votes)
    comparison = {
        "i": i,
        "j": j,
        "p_i": (counted[i] + 1) / (n + 2),
        "p_j": (counted[j] + 1) / (n + 2),
        "p_tie": counted[None] / (n + 2),
        "margin": 0.0,
        "n": n,
    }
    best = winner(comparison)
    margins = [
        MARGIN_OF_STRENGTH[vote.strength]
        for vote in votes
        if best is not None and vote.winner == best and vote.strength
    ]
    if margins:
        comparison["margin"] = sum(margins) / len(margins)
    return comparison


def _sign(comparison: dict[str, Any]) -> int:
    best = winner(comparison)
    return 0 if best is None else 1 if best == comparison["i"] else -1


def winner(comparison: dict[str, Any]) -> int | None:
    """Which response the most answers prefer; None when a tie is as frequent, or both sides are."""
    votes = comparison["n"] + 2
    won_i, won_j = (round(comparison[key] * votes) - 1 for key in ("p_i", "p_j"))
    ties = round(comparison["p_tie"] * votes)
    if won_i > max(won_j, ties):
        return int(comparison["i"])
    if won_j > max(won_i, ties):
        return int(comparison["j"])
    return None


def _agreement(said: Iterable[Sequence[Outcome]]) -> float | None:
    same = pairs = 0
    for votes in said:
        counts = Counter(vote.winner for vote in votes).values()
        pairs += len(votes) * (len(votes) - 1)
        same += sum(count * (count - 1) for count in counts)
    return same / pairs if pairs else None


def outcomes_of(judgment: Judgment, kind: str, k: int) -> list[Outcome]:
    """Every comparison that one stored judgment of a task with `k` responses implies."""
    return TASK_KINDS[kind].outcomes(judgment.answer, k)


def refresh_consensus(*, project: Project, batch: int = 1000) -> int:
    """Bring the stored consensus of every task that has newer judgments up to date.

    Returns the number of tasks refreshed. Safe to run at any time and twice at once: a task is
    recomputed from its judgments, never added to.
    """
    refreshed = 0
    while True:
        speaking = Q(judgments__standing__in=SPEAKING, judgments__is_current=True)
        stale = list(
            Task.objects.filter(project=project, is_gold=False)
            .annotate(
                said=Count("judgments", filter=speaking),
                said_last=Max("judgments__created_at", filter=speaking),
            )
            .filter(
                Q(said__gt=0, consensus__isnull=True)
                | ~Q(said=F("consensus__judgments")) & Q(consensus__isnull=False)
                | Q(said_last__gt=F("consensus__updated_at"))
            )
            .values_list("id", "kind")[:batch]
        )
        if not stale:
            return refreshed
        _store(dict(stale))
        refreshed += len(stale)


@transaction.atomic
def _store(kinds: dict[int, str]) -> None:
    """Recompute and store the consensus of the tasks in `kinds` (task id to kind)."""
    sizes = dict(
        Task.objects.filter(pk__in=kinds).annotate(k=Count("placed")).values_list("id", "k")
    )
    answers: dict[int, list[list[Outcome]]] = {task: [] for task in kinds}
    judgments = Judgment.objects.filter(
        task__in=kinds, is_current=True, standing__in=SPEAKING
    ).order_by("id")
    for judgment in judgments:
        task = judgment.task_id
        answers[task].append(outcomes_of(judgment, kinds[task], sizes[task]))
    Consensus.objects.filter(task__in=[t for t, said in answers.items() if not said]).delete()
    for task, said in answers.items():
        if said:
            result = aggregate(said, TASK_KINDS[kinds[task]].compared(sizes[task]))
            Consensus.objects.update_or_create(
                task_id=task,
                defaults={
                    "method": METHOD,
                    "comparisons": result.comparisons,
                    "ranks": result.ranks,
                    "judgments": len(said),
                    "agreement": result.agreement,
                },
            )
