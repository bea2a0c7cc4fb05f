"""From a batch of tasks to tables of records with their splits and lineage.

Kinds that only compare go column by column; the others task by task, through `exports.recording`.
Either way the rows, and what is counted, are the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from annotation.task_kinds.catalog import TASK_KINDS
from exports import compared_columns as columns
from exports.batches import Batch
from exports.collecting import CONSENSUS_TASKS, Knowledge, LabeledTask, Reading
from exports.consensus_columns import Flags, Floats, Together, Votes, together, votes_of
from exports.dataset_dir import LINEAGE_SCHEMA, lineage_rows
from exports.filters import Filters
from exports.frozen import Frozen, Ints
from exports.message_columns import characters, first_of_user, starts_of, sums
from exports.recording import COLUMNAR, Recorded, records_of
from exports.records import RECORD_TYPES
from exports.splitting import SPLITS, Fractions, split_at, split_of
from exports.tallying import Tally

Places = NDArray[np.int8]


@dataclass(frozen=True)
class Table:
    """Records of one configuration: their rows, the place of each one's split in SPLITS, and how
    long its texts are."""

    rows: pa.Table
    split: Places
    characters: Ints


@dataclass(frozen=True)
class Made:
    """What became of a batch."""

    tables: dict[str, Table]
    lineage: pa.Table
    tally: Tally


@dataclass(frozen=True)
class Wanted:
    """Whose records, which of them, and how they are divided."""

    project: str
    filters: Filters
    fractions: Fractions


def made_in(reading: Reading, frozen: Frozen, known: Knowledge, wanted: Wanted) -> Iterator[Made]:
    """What becomes of everything in `frozen`, batch by batch."""
    for batch in reading.batches(frozen):
        if is_columnar(batch):
            yield made_of_columns(batch, known, wanted)
        else:
            yield made_of_tasks(reading.labeled(batch, known), wanted)


def is_columnar(batch: Batch) -> bool:
    """Whether all tasks of `batch` lead to comparisons alone."""
    kinds = batch.tasks["kind"].unique().to_pylist()
    barred = any(TASK_KINDS[kind].has_bar for kind in kinds)
    return COLUMNAR.issuperset(kinds) and (not barred or bool((np.diff(batch.place_at) == 1).all()))


def made_of_columns(batch: Batch, known: Knowledge, wanted: Wanted) -> Made:
    """What becomes of a batch for which `is_columnar`."""
    votes = votes_of(batch)
    found = together(batch, votes, known.reliabilities, CONSENSUS_TASKS)
    source = columns.Source(batch, votes, found, wanted.filters, wanted.project)
    tally = Tally()
    chosen = _chosen(batch, votes, found, wanted.filters, tally)
    made = {
        config: rows
        for config, rows in _records(source, chosen, tally).items()
        if rows.table.num_rows
    }
    used = np.zeros(len(batch), dtype=bool)
    for rows in made.values():
        used[rows.task] = True
    split = np.zeros(len(batch), dtype=np.int8)
    split[used] = _splits(batch, source, np.flatnonzero(used), wanted.fractions)
    tables = {}
    for config in RECORD_TYPES:
        if config in made:
            rows = made[config]
            lengths = _characters(rows.table, config)
            tables[config] = Table(rows.table, split[rows.task], lengths)
            tally.add_table(config, rows.table)
    _count(batch, used, tally)
    return Made(tables, _lineage(made), tally)


def made_of_tasks(tasks: Iterable[LabeledTask], wanted: Wanted) -> Made:
    """What becomes of these tasks, one by one."""
    tally = Tally()
    rows: dict[str, list[dict[str, object]]] = {}
    splits: dict[str, list[int]] = {}
    lengths: dict[str, list[int]] = {}
    lineage: list[dict[str, object]] = []
    for task, found in _recorded(tasks, wanted):
        tally.add(task, found)
        for record in found.records:
            split = split_of(found.records[0], wanted.fractions)
            rows.setdefault(record.config, []).append(record.as_row())
            splits.setdefault(record.config, []).append(SPLITS.index(split))
            lengths.setdefault(record.config, []).append(record.characters())
            lineage += lineage_rows(record)
    tables = {
        config: Table(
            pa.Table.from_pylist(rows[config], schema=kind.schema),
            np.array(splits[config], dtype=np.int8),
            np.array(lengths[config], dtype=np.int64),
        )
        for config, kind in RECORD_TYPES.items()
        if config in rows
    }
    return Made(tables, pa.Table.from_pylist(lineage, schema=LINEAGE_SCHEMA), tally)


def _recorded(
    tasks: Iterable[LabeledTask], wanted: Wanted
) -> Iterator[tuple[LabeledTask, Recorded]]:
    for task in tasks:
        yield task, records_of(task, project=wanted.project, filters=wanted.filters)


def _chosen(batch: Batch, votes: Votes, found: Together, filters: Filters, tally: Tally) -> Flags:
    """Which tasks the filters on tasks let through."""
    enough = np.diff(batch.said_at) >= filters.min_judgments
    tally.leave_out("few_judgments", int((~enough).sum()))
    if not filters.min_agreement:
        return enough
    agreed = found.agreement >= filters.min_agreement
    tally.leave_out("disagreed", int((enough & ~agreed).sum()))
    return enough & agreed


def _records(source: columns.Source, chosen: Flags, tally: Tally) -> dict[str, columns.Rows]:
    votes, found, batch = source.votes, source.found, source.batch
    kinds = batch.tasks["kind"].to_pylist()
    barred = np.array([TASK_KINDS[kind].has_bar for kind in kinds])
    asked = chosen[votes.task]
    sure = columns.decided(found)
    tally.leave_out("tied", int((asked & ~sure & (found.n > 0)).sum()))
    tally.leave_out("not_compared", int((asked & ~sure & (found.n == 0)).sum()))
    units = np.flatnonzero(asked & sure)
    at_bar = barred[votes.task[units]]
    compared = np.bincount(votes.task, found.n, len(batch)) > 0
    several = np.flatnonzero(chosen & ~barred & (votes.things > 2) & compared)
    return {
        "ranking": columns.rankings(source, several),
        "preference": columns.pairs(source, _passing(source, units[~at_bar], tally)),
        "unpaired": columns.verdicts(source, _passing_bar(source, units[at_bar], tally)),
    }


def _passing(source: columns.Source, units: Ints, tally: Tally) -> Ints:
    kept = np.ones(len(units), dtype=bool)
    for reason, out in columns.refused(source, units, columns.weights(source.found, units)):
        tally.leave_out(reason, int((kept & out).sum()))
        kept &= ~out
    return units[kept]


def _passing_bar(source: columns.Source, units: Ints, tally: Tally) -> Ints:
    low: Flags = columns.weights(source.found, units) < source.filters.min_weight
    tally.leave_out("low_weight", int(low.sum()))
    return units[~low]


def _count(batch: Batch, used: Flags, tally: Tally) -> None:
    """Count the tasks of the batch and the judgments of those that were used."""
    said = batch.said.filter(pa.array(np.repeat(used, np.diff(batch.said_at))))
    tally.add_counts(
        tasks=len(batch),
        used=int(used.sum()),
        judgments=said.num_rows,
        labelers=said["labeler"].unique().to_pylist(),
        versions=said["version"].unique().drop_null().to_pylist(),
    )


def _splits(batch: Batch, source: columns.Source, tasks: Ints, fractions: Fractions) -> Places:
    """The split of each task by the rule of `splitting.split_key`."""
    prompts = pc.take(batch.tasks["prompt"].combine_chunks(), pa.array(tasks))
    keys = first_of_user(prompts)
    if keys.null_count:
        rest = np.flatnonzero(pc.is_null(keys).to_numpy(zero_copy_only=False))
        named = pc.take(source.names(), pa.array(tasks[rest])).to_pylist()
        spoken = [_spoken(batch, int(task)) for task in tasks[rest]]
        texts = keys.to_pylist()
        for at, name, text in zip(rest.tolist(), named, spoken, strict=True):
            texts[at] = name if text is None else text
        keys = pa.array(texts, pa.string())
    digests = [hashlib.sha256(key).digest()[:8] for key in keys.cast(pa.binary()).to_pylist()]
    places: Floats = np.frombuffer(b"".join(digests), dtype=">u8").astype(np.float64) / 2**64
    distinct = {place: SPLITS.index(split_at(place, fractions)) for place in set(places.tolist())}
    return np.array([distinct[place] for place in places.tolist()], dtype=np.int8)


def _spoken(batch: Batch, task: int) -> str | None:
    """What decides where no user spoke in the prompt."""
    start, end = batch.place_at[task], batch.place_at[task + 1]
    said = first_of_user(batch.responses.slice(start, end - start)).drop_null().to_pylist()
    if said:
        return str(min(said))
    prompt = batch.tasks["prompt"][task].as_py()
    return str(prompt[0]["content"]) if prompt else None


def _characters(rows: pa.Table, config: str) -> Ints:
    """What `Record.characters` says of each row."""
    total = characters(rows["prompt"].combine_chunks())
    for name in RECORD_TYPES[config].texts:
        column = rows[name].combine_chunks()
        if pa.types.is_list(column.type.value_type):
            total = total + sums(characters(column.flatten()), starts_of(column))
        else:
            total = total + characters(column)
    return total


def _lineage(made: dict[str, columns.Rows]) -> pa.Table:
    """One row per record and judgment, task by task."""
    tables, order = [], []
    for config, rows in made.items():
        judgments = rows.table["judgments"].combine_chunks()
        counts = np.diff(starts_of(judgments))
        at = np.repeat(np.arange(rows.table.num_rows), counts)
        said = judgments.flatten()
        values = {
            "record": pc.take(rows.table["id"].combine_chunks(), pa.array(at)),
            "config": pa.repeat(pa.scalar(config), len(at)),
            "task": pc.take(rows.table["task"].combine_chunks(), pa.array(at)),
            **{
                name: pc.struct_field(said, field)
                for name, field in (("judgment", "id"), ("revision",) * 2, ("labeler",) * 2)
            },
        }
        tables.append(pa.table(values, schema=LINEAGE_SCHEMA))
        order.append(np.stack([rows.task[at], rows.unit[at]]))
    whole = pa.concat_tables([LINEAGE_SCHEMA.empty_table(), *tables]).combine_chunks()
    if len(tables) < 2:
        return whole
    task, unit = np.concatenate(order, axis=1)
    return whole.take(pa.array(np.lexsort([unit, task])))
