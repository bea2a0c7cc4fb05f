"""A planted crowd in the database: many judgments at once, over several weeks.

Each labeler is right in a share of their own; the truth is in what the function returns. Rows are
written as they would be after the fact, without leases and audit rows.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from annotation import tasking
from annotation.models import Judgment, Task
from annotation.task_kinds.base import STRENGTHS
from labelers.models import Person, Project
from tests.annotation.making import candidate

BEGAN = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday: the first week is 2026-W10."""


def crowd_of(
    project: Project,
    people: Sequence[Person],
    *,
    tasks: int,
    accuracy: Sequence[float] | float = 0.8,
    per_task: int = 3,
    weeks: int = 4,
    ties: float = 0.1,
    seed: int = 0,
) -> list[int]:
    """Pairwise judgments of `people` about new tasks; returns which response is better in truth."""
    rng = np.random.default_rng(seed)
    about = [
        {"language": ("en", "ja", "de")[n % 3], "tags": [f"topic {n % 4}", f"length {n % 2}"]}
        for n in range(tasks)
    ]
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[candidate(n + 1, **fields) for n, fields in enumerate(about)],
    )
    truth = [int(value) for value in rng.integers(0, 2, tasks)]
    right = np.broadcast_to(np.asarray(accuracy, dtype=float), len(people))
    rows = []
    for number, task in enumerate(project.tasks.order_by("id")):
        for slot, who in enumerate(rng.permutation(len(people))[:per_task], start=1):
            choice = truth[number] if rng.random() < right[who] else 1 - truth[number]
            strength = STRENGTHS[int(rng.integers(0, 4))]
            tied = rng.random() < ties
            rows.append(
                Judgment(
                    task=task,
                    person=people[who],
                    standing="counted",
                    slot=slot,
                    answer={
                        "choice": "tie" if tied else "ab"[choice],
                        "strength": None if tied else strength,
                    },
                    seconds=float(rng.uniform(5, 60)),
                    display_order=[0, 1] if rng.random() < 0.5 else [1, 0],
                    client_id=uuid.uuid4(),
                    created_at=BEGAN + timedelta(weeks=int(rng.integers(0, weeks))),
                )
            )
    Judgment.objects.bulk_create(rows)
    Task.objects.filter(project=project).update(counted=per_task, free_slots=0, state="closed")
    return truth
