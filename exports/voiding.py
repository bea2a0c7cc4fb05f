"""Writing down that a frozen snapshot holds judgments which were voided or withdrawn since.

The snapshot itself stays as it is; whoever looks at it, or at a run on it, is warned and can make
a new one. Where a voiding is undone, so is the mark.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from annotation.models import Judgment, Voiding
from exports.dataset_dir import LINEAGE
from exports.models import Snapshot
from labelers import notifying
from labelers.models import Project

GONE = (Judgment.Standing.VOIDED, Judgment.Standing.WITHDRAWN)
RECENT = timedelta(minutes=15)
"""Longer than what `note_voided` waits between two rounds over everything."""


def note_voided(*, project: Project | None = None) -> int:
    """Set ``contains_voided`` to what is true; how many snapshots it marked anew.

    Admins are told of each that is marked.
    """
    done = Snapshot.objects.filter(state=Snapshot.State.DONE, files_deleted_at=None)
    done = done.select_related("project")
    marked = 0
    for snapshot in done if project is None else done.filter(project=project):
        holds = holds_voided(snapshot)
        if holds != snapshot.contains_voided:
            marked += _mark(snapshot, holds) and holds
    return marked


def note_recent() -> int:
    """As `note_voided`, only where answers were voided or restored within the last minutes."""
    since = timezone.now() - RECENT
    recent = Voiding.objects.filter(Q(voided_at__gte=since) | Q(restored_at__gte=since))
    projects = Project.objects.filter(pk__in=recent.values("project"))
    return sum(note_voided(project=project) for project in projects)


def holds_voided(snapshot: Snapshot) -> bool:
    """Whether a record of a finished snapshot was made with a judgment that is gone."""
    gone = Judgment.objects.filter(
        task__project=snapshot.project_id,
        standing__in=GONE,
        created_at__lt=snapshot.finished_at,
    ).values_list("pk", flat=True)
    numbers = [str(number) for number in gone]
    return bool(numbers) and holds_any(snapshot.path, numbers)


@transaction.atomic
def _mark(snapshot: Snapshot, holds: bool) -> bool:
    """Write it down once, whoever else looks at the same time; whether this call did."""
    changed = Snapshot.objects.filter(pk=snapshot.pk, contains_voided=not holds).update(
        contains_voided=holds
    )
    if changed and holds:
        notifying.notify_admins(
            project=snapshot.project,
            kind="snapshot_holds_voided",
            detail={"name": snapshot.name, "uid": str(snapshot.uid)},
        )
    return bool(changed)


def snapshots_holding(project: Project, judgments: Collection[int]) -> list[Snapshot]:
    """The finished snapshots of `project` with a record that one of `judgments` went into."""
    numbers = [str(number) for number in judgments]
    done = Snapshot.objects.filter(
        project=project, state=Snapshot.State.DONE, files_deleted_at=None
    )
    return [snapshot for snapshot in done if numbers and holds_any(snapshot.path, numbers)]


def holds_any(directory: Path, judgments: Collection[str]) -> bool:
    """Whether a record of the dataset directory was made with one of `judgments` (their ids)."""
    wanted = pa.array(judgments, pa.string())
    with pq.ParquetFile(directory / LINEAGE) as lineage:
        return any(
            pc.any(pc.is_in(batch.column("judgment"), value_set=wanted)).as_py()
            for batch in lineage.iter_batches(columns=["judgment"])
        )
