"""What changed from one snapshot to another: what came, what went, what has another label.

Snapshots never change, so what was found is kept beside them and read the next time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from annotation.consensus.aggregating import is_tied
from annotation.models import Consensus
from exports.dataset_dir import read_manifest
from exports.downloading import require_done
from exports.message_columns import whole
from exports.models import Snapshot
from exports.records import RECORD_TYPES
from exports.splitting import SPLITS

MOST_LISTED = 100
WEIGHT_CHANGE = 0.1
_CONTENT = {
    "preference": "chosen",
    "ranking": "ranks",
    "unpaired": "label",
    "demonstration": "completion",
    "prompt_only": "prompt",
    "rating": "scores",
}
"""The column that holds a record's label."""


class CompareError(ValueError):
    """Snapshots that cannot be compared; the message says which to choose instead."""


@dataclass(frozen=True)
class Changes:
    """What changed in the records of one configuration; lists hold ids of records and tasks.

    ``turned``: the label is another one. ``moved``: the weight changed by more than was asked.
    ``tied`` counts those of ``went`` on whose task labelers tie now.
    """

    config: str
    before: int
    after: int
    came: int
    went: int
    turned: int
    moved: int
    tied: int
    listed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def compare(
    first: Snapshot, second: Snapshot, *, weight_change: float = WEIGHT_CHANGE
) -> list[Changes]:
    """What changed from `first` to `second`, by configuration.

    Raises:
        CompareError: they are of two projects, or the same one.
        NotReadyError: one has no files.
    """
    if first.project_id != second.project_id:
        raise CompareError("The two snapshots are of different projects: choose two of one.")
    if first.pk == second.pk:
        raise CompareError("This is one and the same snapshot: choose another to compare with.")
    for snapshot in (first, second):
        require_done(snapshot)
    kept = first.path.parent / ".compared" / f"{first.uid}-{second.uid}-{weight_change:g}.json"
    try:
        return [Changes(**row) for row in json.loads(kept.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        found = list(_changes(first, second, weight_change))
        _keep(kept, [asdict(changes) for changes in found])
        return found


def _changes(first: Snapshot, second: Snapshot, weight_change: float) -> Iterator[Changes]:
    for config in RECORD_TYPES:
        before, after = (_labels(snapshot.path, config) for snapshot in (first, second))
        if before.num_rows or after.num_rows:
            yield _of_config(first, config, before, after, weight_change)


def _of_config(
    snapshot: Snapshot, config: str, before: pa.Table, after: pa.Table, weight_change: float
) -> Changes:
    at = pc.index_in(after["id"], value_set=before["id"].combine_chunks())
    place = pc.fill_null(at, -1).to_numpy()
    both = np.flatnonzero(place >= 0)
    gone = np.ones(before.num_rows, dtype=bool)
    gone[place[both]] = False
    signs = before["sign"].to_numpy()[place[both]], after["sign"].to_numpy()[both]
    turned = both[signs[0] != signs[1]]
    weights = before["weight"].to_numpy()[place[both]], after["weight"].to_numpy()[both]
    moved = both[(np.abs(weights[1] - weights[0]) > weight_change) & (signs[0] == signs[1])]
    went = before.filter(pa.array(gone))
    tied = _tied(went)
    rows = {
        "came": _listed(after.filter(pa.array(place < 0))),
        "went": [{**row, "tied": row["task"] in tied} for row in _listed(went)],
        "turned": _listed(after.take(pa.array(turned))),
        "moved": [
            {**row, "before": float(before["weight"][int(place[index])].as_py())}
            for row, index in zip(_listed(after.take(pa.array(moved))), moved, strict=False)
        ],
    }
    return Changes(
        config=config,
        before=before.num_rows,
        after=after.num_rows,
        came=int((place < 0).sum()),
        went=int(gone.sum()),
        turned=len(turned),
        moved=len(moved),
        tied=sum(1 for task in went["task"].to_pylist() if task in tied),
        listed=rows,
    )


def _labels(directory: Path, config: str) -> pa.Table:
    """Id, task, weight and a number for the label of every record."""
    counts = read_manifest(directory)["counts"].get(config, {})
    tables = [_SCHEMA.empty_table()]
    for split in SPLITS:
        if not counts.get(split):
            continue
        with pq.ParquetFile(directory / config / f"{split}.parquet") as file:
            weighed = "weight" in file.schema_arrow.names
            columns = ["id", "task", _CONTENT[config], *(["weight"] if weighed else [])]
            for batch in file.iter_batches(columns=columns):
                weight = batch["weight"] if weighed else pa.array(np.zeros(batch.num_rows))
                signs = pa.array(_signs(batch[_CONTENT[config]]))
                made = [batch["id"], batch["task"], weight, signs]
                tables.append(pa.Table.from_arrays(made, schema=_SCHEMA))
    return pa.concat_tables(tables).combine_chunks()


_SCHEMA = pa.schema(
    [("id", pa.string()), ("task", pa.string()), ("weight", pa.float64()), ("sign", pa.int64())]
)


def _signs(column: pa.Array) -> NDArray[np.int64]:
    """A number for what each row says; equal rows have equal numbers."""
    digests = b"".join(
        hashlib.sha256(repr(row).encode()).digest()[:8] for row in column.to_pylist()
    )
    return np.frombuffer(digests, dtype=np.int64)


def _listed(rows: pa.Table) -> list[dict[str, Any]]:
    some = rows.select(["id", "task", "weight"]).slice(0, MOST_LISTED).to_pylist()
    return [{**row, "item": number_of(row["task"])} for row in some]


def number_of(task: str) -> int:
    """The number of the item behind a record's task."""
    return int(task.rpartition("-")[2])


def _tied(went: pa.Table) -> set[str]:
    """The tasks on which labelers tie now."""
    tasks = {number_of(task): task for task in whole(went["task"]).unique().to_pylist()}
    numbers = list(tasks)
    found: set[str] = set()
    for start in range(0, len(numbers), 5000):
        rows = Consensus.objects.filter(task__in=numbers[start : start + 5000])
        for task, comparisons in rows.values_list("task_id", "comparisons").iterator():
            if any(is_tied(comparison) for comparison in comparisons):
                found.add(tasks[task])
    return found


def _keep(path: Path, content: object) -> None:
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    temporary.rename(path)
