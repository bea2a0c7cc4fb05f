"""From records to judgments and back, by the lineage file of a snapshot.

Labelers are pseudonyms here, as they are in the file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from exports.dataset_dir import LINEAGE
from exports.models import Snapshot
from labelers.models import Project

PAGE = 50


@dataclass(frozen=True)
class Traced:
    """One record with the judgments that it was made of: id, revision and labeler."""

    id: str
    config: str
    task: str
    judgments: list[dict[str, Any]]

    @property
    def item(self) -> int:
        """The number of its item."""
        return int(self.task.rpartition("-")[2])


@dataclass(frozen=True)
class Held:
    """What a snapshot holds of certain judgments."""

    snapshot: Snapshot
    records: int
    judgments: int


def with_files(project: Project) -> list[Snapshot]:
    """The project's snapshots whose files can be read, newest first."""
    done = Snapshot.objects.filter(project=project, state=Snapshot.State.DONE)
    return list(done.filter(files_deleted_at=None).select_related("project"))


def records_of_task(snapshot: Snapshot, task: int) -> list[Traced]:
    """The records that `snapshot` holds of the item `task`."""
    name = f"{snapshot.project.slug}-{task}"
    return list(_traced(_rows(snapshot, ("task", [name]))))


def record(snapshot: Snapshot, record_id: str) -> list[Traced]:
    """The records called `record_id`: one, or one per configuration."""
    return list(_traced(_rows(snapshot, ("record", [record_id]))))


def records_after(snapshot: Snapshot, after: int, most: int = PAGE) -> tuple[list[Traced], int]:
    """Some records in their order, from the row `after` of the lineage file on, and the row from
    which to go on: 0 at the end."""
    with pq.ParquetFile(snapshot.path / LINEAGE) as file:
        before = 0
        for group in range(file.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            if after < before + count:
                groups = range(group, min(group + 2, file.num_row_groups))
                table = file.read_row_groups(list(groups)).slice(after - before)
                found = list(_traced(table))
                shown = found[:most]
                rows = sum(len(each.judgments) for each in shown)
                end = after + rows >= file.metadata.num_rows
                return shown, 0 if end or not shown else after + rows
            before += count
    return [], 0


def holding(project: Project, judgments: Collection[int]) -> list[Held]:
    """The snapshots that hold records made with any of `judgments`, and how many."""
    wanted = [str(number) for number in judgments]
    found = []
    for snapshot in with_files(project) if wanted else []:
        rows = _rows(snapshot, ("judgment", wanted))
        if rows.num_rows:
            records = pc.count_distinct(
                pc.binary_join_element_wise(rows["config"], rows["record"], " ")
            ).as_py()
            found.append(Held(snapshot, records, pc.count_distinct(rows["judgment"]).as_py()))
    return found


def _rows(snapshot: Snapshot, wanted: tuple[str, list[str]]) -> pa.Table:
    """The rows of the lineage file with one of these values, read in flat memory."""
    column, values = wanted[0], pa.array(wanted[1], pa.string())
    with pq.ParquetFile(snapshot.path / LINEAGE) as file:
        tables = [file.schema_arrow.empty_table()]
        for batch in file.iter_batches(batch_size=1 << 17):
            mask = pc.is_in(batch.column(column), value_set=values)
            if pc.any(mask).as_py():
                tables.append(pa.Table.from_batches([batch.filter(mask)]))
    return pa.concat_tables(tables)


def _traced(rows: pa.Table) -> Iterator[Traced]:
    together: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows.to_pylist():
        together[row["record"], row["config"], row["task"]].append(
            {name: row[name] for name in ("judgment", "revision", "labeler")}
        )
    for (name, config, task), judgments in together.items():
        yield Traced(name, config, task, judgments)
