"""Consensus: from what each labeler said of a task to what they say together, kept for the pages.

How answers are weighed is the project's `consensus_method`; the pure part is
`annotation.consensus.methods`, and how reliable labelers are is learned in `fitting`.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, Max, Q
from django.utils import timezone

from annotation.consensus.fitting import SPEAKING, Kept, fitted, speaker
from annotation.consensus.methods.aggregate import (
    MARGIN_OF_STRENGTH,
    Aggregate,
    Spoken,
    aggregate,
    aggregate_all,
    is_tied,
    winner,
)
from annotation.consensus.methods.base import Reliabilities
from annotation.models import Consensus, Judgment, Task
from annotation.task_kinds.base import Outcome
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import Project

READ_TASKS = Q(is_gold=False) | Q(counted__gt=0)
"""The tasks that have a consensus: gold that was made of an ordinary task keeps its answers."""


def outcomes_of(judgment: Judgment, kind: str, k: int) -> list[Outcome]:
    """Every comparison that one stored judgment of a task with `k` responses implies."""
    return TASK_KINDS[kind].outcomes(judgment.answer, k)


def refresh_consensus(*, project: Project, batch: int = 2000, at_once: bool = False) -> int:
    """Bring the stored consensus of every task that has newer judgments up to date.

    Where what is known of the labelers has moved noticeably, or the method was changed, that is
    every task. Returns the number of tasks refreshed. Safe to run at any time and twice at once: a
    task is recomputed from its judgments, never added to.
    """
    project.settings.refresh_from_db(fields=["consensus_method"])
    method = project.settings.consensus_method
    kept = fitted(project, at_once=at_once)
    stale = _stale(project, method, kept.fitted_at)
    for start in range(0, len(stale), batch):
        _store(stale[start : start + batch], method, kept)
    return len(stale)


def _stale(project: Project, method: str, fitted_at: datetime | None) -> list[tuple[int, str]]:
    """Ids and kinds of the tasks whose stored consensus is missing or behind."""
    speaking = Q(judgments__standing__in=SPEAKING, judgments__is_current=True)
    outdated = ~Q(consensus__method=method)
    if fitted_at is not None:
        outdated |= Q(consensus__updated_at__lt=fitted_at)
    found = (
        Task.objects.filter(READ_TASKS, project=project)
        .annotate(
            said=Count("judgments", filter=speaking),
            said_last=Max("judgments__created_at", filter=speaking),
        )
        .filter(
            Q(said__gt=0, consensus__isnull=True)
            | Q(consensus__isnull=False) & (~Q(said=F("consensus__judgments")) | outdated)
            | Q(said_last__gt=F("consensus__updated_at"))
        )
        .order_by("id")
    )
    return list(found.values_list("id", "kind"))


@transaction.atomic
def _store(stale: list[tuple[int, str]], method: str, kept: Kept) -> None:
    """Recompute and store the consensus of these tasks (id and kind)."""
    spoken = _spoken(dict(stale))
    silent = [task for task, said in spoken.items() if not said.answers]
    Consensus.objects.filter(task__in=silent).delete()
    tasks = [task for task, said in spoken.items() if said.answers]
    results = aggregate_all([spoken[task] for task in tasks], kept.reliabilities)
    now = timezone.now()
    Consensus.objects.bulk_create(
        [
            Consensus(
                task_id=task,
                method=method,
                comparisons=result.comparisons,
                ranks=result.ranks,
                judgments=len(spoken[task].answers),
                agreement=result.agreement,
                updated_at=now,
            )
            for task, result in zip(tasks, results, strict=True)
        ],
        update_conflicts=True,
        unique_fields=["task"],
        update_fields=["method", "comparisons", "ranks", "judgments", "agreement", "updated_at"],
    )


def _spoken(kinds: dict[int, str]) -> dict[int, Spoken]:
    """What was said of each of the tasks in `kinds` (task id to kind), by whom."""
    sizes = dict(
        Task.objects.filter(pk__in=kinds).annotate(k=Count("placed")).values_list("id", "k")
    )
    answers: dict[int, list[list[Outcome]]] = {task: [] for task in kinds}
    labelers: dict[int, list[str]] = {task: [] for task in kinds}
    rows = (
        Judgment.objects.filter(task__in=kinds, is_current=True, standing__in=SPEAKING)
        .order_by("id")
        .values_list("task_id", "person_id", "imported_labeler", "standing", "answer")
    )
    for task, person, name, standing, answer in rows:
        answers[task].append(TASK_KINDS[kinds[task]].outcomes(answer, sizes[task]))
        key = f"p:{person}" if person is not None else f"i:{name}"
        labelers[task].append(speaker(key, standing))
    return {
        task: Spoken(answers[task], labelers[task], TASK_KINDS[kind].compared(sizes[task]))
        for task, kind in kinds.items()
    }


__all__ = [
    "MARGIN_OF_STRENGTH",
    "READ_TASKS",
    "SPEAKING",
    "Aggregate",
    "Reliabilities",
    "Spoken",
    "aggregate",
    "aggregate_all",
    "is_tied",
    "outcomes_of",
    "refresh_consensus",
    "winner",
]
