"""Writing down that a frozen snapshot holds judgments which were voided or withdrawn since.

The snapshot itself stays as it is; whoever looks at it is warned and can make a new one.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from annotation.models import Judgment
from exports.dataset_dir import LINEAGE
from exports.models import Snapshot

GONE = (Judgment.Standing.VOIDED, Judgment.Standing.WITHDRAWN)


def note_voided() -> int:
    """Set ``contains_voided`` where it is true and not yet said; how many snapshots it marked."""
    marked = 0
    for snapshot in Snapshot.objects.filter(state=Snapshot.State.DONE, contains_voided=False):
        gone = Judgment.objects.filter(
            task__project=snapshot.project_id,
            standing__in=GONE,
            created_at__lt=snapshot.finished_at,
        ).values_list("pk", flat=True)
        numbers = [str(number) for number in gone]
        if numbers and holds_any(snapshot.path, numbers):
            marked += Snapshot.objects.filter(pk=snapshot.pk).update(contains_voided=True)
    return marked


def holds_any(directory: Path, judgments: Collection[str]) -> bool:
    """Whether a record of the dataset directory was made with one of `judgments` (their ids)."""
    wanted = pa.array(judgments, pa.string())
    with pq.ParquetFile(directory / LINEAGE) as lineage:
        return any(
            pc.any(pc.is_in(batch.column("judgment"), value_set=wanted)).as_py()
            for batch in lineage.iter_batches(columns=["judgment"])
        )
