"""Preference pairs, rankings and good or bad responses of many tasks at once, as Arrow tables.

The rows are those of `exports.compared` task by task, which is the contract: a test holds the two
together. Nothing here makes a Python object per row of what people read or wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from annotation.task_kinds.base import STRENGTHS
from exports import said_columns
from exports.batches import Batch
from exports.consensus_columns import (
    NO_STRENGTH,
    UNDECIDED,
    Flags,
    Floats,
    Together,
    Votes,
    ranks_of,
    rounded,
)
from exports.filters import Filters
from exports.frozen import Ints
from exports.record_parts import COMPARISONS
from exports.records import PreferencePair, Ranking, UnpairedExample

_NOT_SHOWN = 4


# Made when they are first used: the first array of a process brings pandas along, and that takes
# 40 MB in processes that need neither.
@cache
def _strengths() -> pa.Array:
    return pa.array([*STRENGTHS, None], pa.string())


@cache
def _sides() -> pa.Array:
    return pa.array(["chosen", "rejected", "tie", "both_bad", None], pa.string())


@dataclass(frozen=True)
class Rows:
    """A table of records with the task and the unit of each row (0 for one of the whole task)."""

    table: pa.Table
    task: Ints
    unit: Ints


@dataclass(frozen=True)
class Source:
    """A batch, what was said in it, and the filters: what all three tables are made of."""

    batch: Batch
    votes: Votes
    found: Together
    filters: Filters
    project: str

    def common(self, task: Ints) -> dict[str, Any]:
        """The columns that all records share, for the rows of these tasks."""
        tasks, at = self.batch.tasks, pa.array(task)
        names = pc.take(self.names(), at)
        constant = pa.repeat(pa.scalar(self.project, pa.string()), len(task))
        return {
            "task": names,
            "project": constant,
            "kind": _texts(tasks["kind"], at),
            "criterion": _texts(tasks["criterion"], at),
            "language": _texts(tasks["language"], at),
            "tags": pc.take(tasks["tags"].combine_chunks(), at),
            "prompt": pc.take(tasks["prompt"].combine_chunks(), at),
            "reference": pc.take(tasks["reference"].combine_chunks(), at),
            "labeled_at": pc.take(self.batch.labeled_at(), at),
        }

    def names(self) -> pa.Array:
        """The name of each task."""
        numbers = pc.cast(self.batch.tasks["id"].combine_chunks(), pa.string())
        return pc.binary_join_element_wise(f"{self.project}-", numbers, "")

    def part(self, judgment: Ints, counts: Ints, **own: Any) -> pa.Array:
        """Judgments as lists of `counts` of them; `own` are the columns that speak of a record."""
        said, at = self.batch.said, pa.array(judgment)
        labeler = pc.take(said["labeler"].combine_chunks(), at)
        labeler = pc.if_else(pc.fill_null(pc.equal(labeler, ""), True), "imported", labeler)
        columns = {
            "id": pc.cast(pc.take(said["id"].combine_chunks(), at), pa.string()),
            "revision": pc.take(said["revision"].combine_chunks(), at),
            "labeler": labeler,
            "choice": own["choice"],
            "strength": own.get("strength", pa.nulls(len(judgment), pa.string())),
            "shown_first": own.get("shown_first", pa.nulls(len(judgment), pa.string())),
            "seconds": pc.take(said["seconds"].combine_chunks(), at),
        }
        if "reason" in own:
            columns["reason"] = own["reason"]
        rows = pa.StructArray.from_arrays(list(columns.values()), names=list(columns))
        return listed(rows, counts)


def pairs(source: Source, units: Ints) -> Rows:
    """The pairs of these decided units."""
    batch, votes, found = source.batch, source.votes, source.found
    task, best = votes.task[units], found.best[units]
    i, j = votes.i[units], votes.j[units]
    won, lost = np.where(best == 0, i, j), np.where(best == 0, j, i)
    place = batch.place_at[:-1][task]
    common = source.common(task)
    several = votes.things[task] > 2
    of_ranking = pc.binary_join_element_wise(
        common["task"], pc.cast(pa.array(i), pa.string()), pc.cast(pa.array(j), pa.string()), "-"
    )
    both = np.stack([place + won, place + lost], axis=1).ravel()
    columns = {
        **common,
        "id": pc.if_else(pa.array(several), of_ranking, common["task"]),
        "response_sources": listed(
            pc.take(batch.sources, pa.array(both)), np.full(len(units), 2, dtype=np.int64)
        ),
        "judgments": _judgments_of_pairs(source, units),
        "chosen": pc.take(batch.responses, pa.array(place + won)),
        "rejected": pc.take(batch.responses, pa.array(place + lost)),
        "strength": pc.take(_strengths(), pa.array(found.strength[units])),
        "strength_margin": pa.array(found.margin[units]),
        "weight": pa.array(weights(found, units)),
        "rank_group": pc.if_else(pa.array(several), common["task"], pa.scalar(None, pa.string())),
    }
    return Rows(_table(columns, PreferencePair.schema), task, units + 1)


def rankings(source: Source, tasks: Ints) -> Rows:
    """The rankings of these tasks, with everything that was compared in them."""
    batch, votes, found = source.batch, source.votes, source.found
    common = source.common(tasks)
    places = _spans(batch.place_at, tasks)
    k = np.diff(batch.place_at)[tasks]
    judgment = _spans(batch.said_at, tasks)
    units = _spans(votes.unit_at, tasks)
    p = rounded(found.p[units].ravel()).reshape(-1, 3)
    numbers = [
        pa.array(votes.i[units], pa.int32()),
        pa.array(votes.j[units], pa.int32()),
        *(pa.array(column) for column in p.T),
        pa.array(found.margin[units]),
        pa.array(found.n[units], pa.int32()),
    ]
    names = [field.name for field in COMPARISONS.value_type]
    shown = said_columns.first_shown(batch)[judgment]
    columns = {
        **common,
        "id": common["task"],
        "response_sources": listed(pc.take(batch.sources, pa.array(places)), k),
        "judgments": source.part(
            judgment,
            np.diff(batch.said_at)[tasks],
            choice=pa.array(said_columns.ranks_said(batch, judgment), pa.string()),
            shown_first=pc.cast(pa.array(shown, mask=shown == said_columns.NEVER), pa.string()),
        ),
        "responses": listed(pc.take(batch.responses, pa.array(places)), k),
        "comparisons": listed(
            pa.StructArray.from_arrays(numbers, names=names), np.diff(votes.unit_at)[tasks]
        ),
        "ranks": pa.array(ranks_of(votes, found, tasks), pa.list_(pa.int32())),
    }
    return Rows(_table(columns, Ranking.schema), tasks, np.zeros_like(tasks))


def verdicts(source: Source, units: Ints) -> Rows:
    """Single responses that are better or worse than the bar."""
    batch, votes, found = source.batch, source.votes, source.found
    task = votes.task[units]
    common = source.common(task)
    at, counts = _by_unit(votes, units)
    good = votes.said[at] == 0
    judgment = votes.judgment[at]
    reason = pc.take(batch.said["reason"].combine_chunks(), pa.array(judgment))
    place = pa.array(batch.place_at[:-1][task])
    ones = np.ones(len(units), dtype=np.int64)
    columns = {
        **common,
        "id": common["task"],
        "response_sources": listed(pc.take(batch.sources, place), ones),
        "judgments": source.part(
            judgment,
            counts,
            choice=pc.if_else(pa.array(good), "good", "bad"),
            reason=pc.if_else(pc.equal(reason, ""), pa.scalar(None, pa.string()), reason),
        ),
        "completion": pc.take(batch.responses, place),
        "label": pa.array(found.best[units] == 0),
        "weight": pa.array(weights(found, units)),
    }
    return Rows(_table(columns, UnpairedExample.schema), task, units + 1)


def weights(found: Together, units: Ints) -> Floats:
    """The posterior of the better one, given that one of the two is."""
    first, second = found.p[units, 0], found.p[units, 1]
    won = np.where(found.best[units] == 0, first, second)
    return rounded(won / (first + second))


def refused(source: Source, units: Ints, weight: Floats) -> Sequence[tuple[str, Flags]]:
    """Which pairs each filter leaves out, in the order in which filters are asked."""
    filters, strength = source.filters, source.found.strength[units]
    wanted = [
        code
        for code, name in enumerate((*STRENGTHS, "none"))
        if not filters.strengths or name in filters.strengths
    ]
    return (
        ("low_weight", weight < filters.min_weight),
        ("negligible", (strength == NO_STRENGTH - 1) & filters.drop_negligible),
        ("strength", ~np.isin(strength, wanted)),
    )


def decided(found: Together) -> Flags:
    """Whether one of the two is ahead."""
    return found.best != UNDECIDED


def listed(values: pa.Array, counts: Ints) -> pa.ListArray:
    """`values` in lists of `counts` entries."""
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _judgments_of_pairs(source: Source, units: Ints) -> pa.Array:
    votes = source.votes
    at, counts = _by_unit(votes, units)
    judgment, unit = votes.judgment[at], votes.unit[at]
    best = source.found.best[unit]
    said = votes.said[at]
    choice = np.where(said == 2, 2 + said_columns.both_bad(source.batch)[judgment], said != best)
    order = said_columns.order_shown(source.batch)
    row = said_columns.shown_codes(source.batch)[judgment]
    first, second = order[row, votes.i[unit]], order[row, votes.j[unit]]
    ahead = np.where(first < second, 0, 1)
    shown = np.where(np.minimum(first, second) == said_columns.NEVER, _NOT_SHOWN, ahead != best)
    return source.part(
        judgment,
        counts,
        choice=pc.take(_sides(), pa.array(choice.astype(np.int64))),
        strength=pc.take(_strengths(), pa.array(votes.strength[at])),
        shown_first=pc.take(_sides(), pa.array(shown.astype(np.int64))),
    )


def _by_unit(votes: Votes, units: Ints) -> tuple[Ints, Ints]:
    """The votes of these units, unit by unit, and how many each has."""
    kept = np.zeros(len(votes.task), dtype=bool)
    kept[units] = True
    at = np.flatnonzero(kept[votes.unit])
    at = at[np.argsort(votes.unit[at], kind="stable")]
    counts: Ints = np.bincount(votes.unit[at], minlength=len(votes.task))[units]
    return at, counts


def _spans(starts: Ints, rows: Ints) -> Ints:
    """The entries of these rows, where row r holds ``starts[r]:starts[r + 1]``."""
    counts = (starts[1:] - starts[:-1])[rows]
    before = np.cumsum(counts) - counts
    found: Ints = np.arange(int(counts.sum())) + np.repeat(starts[:-1][rows] - before, counts)
    return found


def _texts(column: pa.ChunkedArray, at: pa.Array) -> pa.Array:
    found = pc.take(column.combine_chunks(), at)
    return pc.fill_null(found.cast(pa.string()), "")


def _table(columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    arrays = [columns[field.name].cast(field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)
