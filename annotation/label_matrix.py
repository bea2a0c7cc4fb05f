"""The judgments of a project as arrays: what the statistics read.

One row per judgment and pair of responses: which task, which pair, who, and what they said.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotation.aggregating import SPEAKING, outcomes_of
from annotation.models import Judgment, TaskResponse
from labelers.models import Project

FIRST, SECOND, TIE = 0, 1, 2
"""What can be said of a pair i < j: i is better, j is better, neither is."""


@dataclass(frozen=True)
class LabelMatrix:
    """Parallel arrays of length n, one entry per judgment and pair.

    ``unit`` numbers the pairs of responses over all tasks, ``task`` the tasks (both from 0, dense),
    ``labeler`` indexes into ``labelers`` (``p:id`` of a person or ``i:name`` of an imported one).
    """

    unit: NDArray[np.int64]
    task: NDArray[np.int64]
    labeler: NDArray[np.int64]
    said: NDArray[np.int64]
    labelers: list[str]
    judgments: int

    @property
    def tasks(self) -> int:
        """How many tasks have a judgment."""
        return int(self.task.max()) + 1 if len(self.task) else 0


def read(project: Project) -> LabelMatrix:
    """All current judgments of ordinary tasks that take part in the consensus."""
    sizes = _sizes(project)
    judgments = (
        Judgment.objects.filter(
            task__project=project,
            task__is_gold=False,
            is_current=True,
            standing__in=SPEAKING,
        )
        .select_related("task")
        .only("id", "answer", "person_id", "imported_labeler", "task__kind")
        .order_by("task_id", "id")
    )
    return build(
        (
            f"p:{j.person_id}" if j.person_id else f"i:{j.imported_labeler}",
            j.task_id,
            [(o.i, o.j, o.winner) for o in outcomes_of(j, j.task.kind, sizes.get(j.task_id, 0))],
        )
        for j in judgments.iterator(chunk_size=5000)
    )


def _sizes(project: Project) -> dict[int, int]:
    sizes: dict[int, int] = {}
    places = TaskResponse.objects.filter(task__project=project).values_list("task", "position")
    for task, position in places.iterator(chunk_size=10_000):
        sizes[task] = max(sizes.get(task, 0), position + 1)
    return sizes


def build(
    rows: Iterable[tuple[str, int, list[tuple[int, int, int | None]]]],
) -> LabelMatrix:
    """The matrix of (labeler, task, [(i, j, winner or None)]) rows."""
    units: dict[tuple[int, int, int], int] = {}
    tasks: dict[int, int] = {}
    labelers: dict[str, int] = {}
    unit, task, labeler, said = [], [], [], []
    judgments = 0
    for name, task_id, outcomes in rows:
        judgments += 1
        who = labelers.setdefault(name, len(labelers))
        which = tasks.setdefault(task_id, len(tasks))
        for i, j, winner in outcomes:
            unit.append(units.setdefault((task_id, i, j), len(units)))
            task.append(which)
            labeler.append(who)
            said.append(TIE if winner is None else FIRST if winner == i else SECOND)
    return LabelMatrix(
        *(np.array(column, dtype=np.int64) for column in (unit, task, labeler, said)),
        list(labelers),
        judgments,
    )
