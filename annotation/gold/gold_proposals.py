"""Items that all labelers answered alike: proposed as gold, which takes one confirmation.

The stored consensus finds them; the answers themselves decide. Nothing is changed here.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from annotation.consensus.aggregating import SPEAKING
from annotation.models import Consensus, Judgment, Task
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import Project

LEAST_JUDGMENTS = 3
ALL_ALIKE = 1 - 1e-9
"""The share of labeler pairs who said the same, short of rounding."""


@dataclass(frozen=True)
class Proposed:
    """A task, what all said of it, and their judgments, in the order they came."""

    task: Task
    answer: dict[str, Any]
    judgments: list[Judgment]


def proposed(project: Project, limit: int, offset: int = 0) -> list[Proposed]:
    """The proposals of a project, those with most answers first."""
    return proposals_of(list(candidates(project)[offset : offset + limit]))


def proposals_of(tasks: list[Task]) -> list[Proposed]:
    """What all say of each of these candidates, without those of which all do not."""
    said = _judgments_of(tasks)
    found = (_alike(task, said[task.pk]) for task in tasks)
    return [each for each in found if each is not None]


def candidates(project: Project) -> QuerySet[Task]:
    """The tasks that the stored consensus calls unanimous and nobody has decided on."""
    alike = Consensus.objects.filter(
        task__project=project, agreement__gte=ALL_ALIKE, judgments__gte=LEAST_JUDGMENTS
    )
    return (
        Task.objects.filter(pk__in=alike.values("task"), is_gold=False, gold__isnull=True)
        .exclude(state=Task.State.RETIRED)
        .select_related("prompt")
        .prefetch_related("placed__response")
        .order_by("-consensus__judgments", "id")
    )


def unanimous(task: Task) -> Proposed | None:
    """What all answers to `task` say, None unless three or more say one order without a tie."""
    return _alike(task, _judgments_of([task])[task.pk])


def _judgments_of(tasks: list[Task]) -> dict[int, list[Judgment]]:
    found: dict[int, list[Judgment]] = {task.pk: [] for task in tasks}
    judgments = Judgment.objects.filter(task__in=found, is_current=True, standing__in=SPEAKING)
    for judgment in judgments.select_related("person").order_by("id"):
        found[judgment.task_id].append(judgment)
    return found


def _alike(task: Task, judgments: list[Judgment]) -> Proposed | None:
    if len(judgments) < LEAST_JUDGMENTS:
        return None
    kind, k = TASK_KINDS[task.kind], len(task.placed.all())
    orders = {
        tuple((o.i, o.j, o.winner) for o in kind.outcomes(judgment.answer, k))
        for judgment in judgments
    }
    order = next(iter(orders))
    if len(orders) > 1 or not order or any(winner is None for *_pair, winner in order):
        return None
    # The same order may be said in several strengths or scores: the most frequent one stands.
    answers = Counter(json.dumps(judgment.answer, sort_keys=True) for judgment in judgments)
    return Proposed(task, json.loads(answers.most_common(1)[0][0]), judgments)
