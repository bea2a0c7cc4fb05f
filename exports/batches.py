"""What was said in the judgments of a few thousand tasks, as columns.

Each distinct text of JSON is read once. What becomes of them is `exports.compared_columns` and,
task by task, `exports.recording`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from exports.arrow_reading import ArrowReading
from exports.frozen import Frozen, Ints
from exports.message_columns import parsed, whole

TASKS = """
    SELECT t.id, t.kind, t.criterion, p.language, p.tags::text[] AS tags, p.reference,
        p.id AS prompt, p.messages
    FROM annotation_task t JOIN annotation_prompt p ON p.id = t.prompt_id
    WHERE t.id = ANY('{tasks}'::bigint[]) ORDER BY t.id
"""
PLACES = """
    SELECT tr.task_id AS task, r.id AS response, r.source_id AS source, r.messages
    FROM annotation_taskresponse tr JOIN annotation_response r ON r.id = tr.response_id
    WHERE tr.task_id = ANY('{tasks}'::bigint[]) ORDER BY tr.task_id, tr.position
"""
SAID = """
    SELECT j.task_id AS task, j.id, j.revision, j.answer, j.reason, j.display_order AS shown,
        j.seconds, j.guideline_version AS version, j.created_at AT TIME ZONE 'UTC' AS at,
        j.person_id AS person, j.imported_labeler AS imported
    FROM annotation_judgment j
    WHERE j.id = ANY('{judgments}'::bigint[]) ORDER BY j.task_id, j.id
"""
_CODED = ("kind", "criterion", "language", "answer", "shown")
"""Columns of few distinct texts, each of which is read once."""

_SOURCES = "SELECT id, name FROM annotation_responsesource WHERE id = ANY(%s)"
_PSEUDONYMS = "SELECT id, pseudonym FROM labelers_person WHERE id = ANY(%s)"


class GoneError(Exception):
    """Something that was frozen is not in the database any more: begin anew."""


@dataclass(frozen=True)
class Batch:
    """Tasks with their responses and judgments.

    ``tasks`` (n): id, kind, criterion, language, reference, tags, prompt. ``responses`` and
    ``sources`` hold those of all tasks in canonical order; those of task t are
    ``place_at[t]:place_at[t + 1]``. ``said`` holds the judgments by task and id: the columns of
    `SAID` with labeler (pseudonym or imported name), key (of the labeler), standing and followed;
    ``said_at`` as ``place_at``. ``size`` is how many bytes the database sent.
    """

    tasks: pa.Table
    place_at: Ints
    responses: pa.Array
    sources: pa.Array
    said_at: Ints
    said: pa.Table
    size: int

    def __len__(self) -> int:
        return int(self.tasks.num_rows)

    def labeled_at(self) -> pa.Array:
        """When each task was last judged, as ISO text in UTC without fractions."""
        said = pc.cast(self.said["at"], pa.int64()).to_numpy()
        last = np.maximum.reduceat(said, self.said_at[:-1]) // 1_000_000
        seconds = pa.array(last, pa.timestamp("s"))
        return pc.binary_join_element_wise(pc.strftime(seconds, "%Y-%m-%dT%H:%M:%S"), "+00:00", "")


class BatchReader:
    """Reads batches at one moment: `rows` gives Arrow, `connection` the few names beside them."""

    def __init__(self, rows: ArrowReading, connection: psycopg.Connection[Any]) -> None:
        self._rows = rows
        self._connection = connection
        self._sources: dict[int, str] = {}
        self._people: dict[int, str] = {}

    def read(self, frozen: Frozen) -> Batch:
        """The tasks of `frozen`.

        Raises:
            GoneError: a task or judgment of it was deleted since.
        """
        ids, named = frozen.tasks(), keys_of(frozen)
        tasks = self._rows.table(TASKS.format(**named))
        places = self._rows.table(PLACES.format(**named))
        said = self._rows.table(SAID.format(**named))
        if tasks.num_rows != len(ids) or said.num_rows != frozen.rows.num_rows:
            raise GoneError("Judgments were deleted meanwhile.")
        labelers = self._labelers(said)
        more = {
            "standing": whole(frozen.rows["standing"]),
            "followed": whole(frozen.rows["followed"]),
            "labeler": labelers,
            "key": _keys(said),
        }
        for name, column in more.items():
            said = said.append_column(name, column)
        return Batch(
            tasks=_with_prompts(tasks),
            place_at=_starts(places["task"], ids),
            responses=_once(places["response"], places["messages"]),
            sources=self._named(self._sources, _SOURCES, places["source"]),
            said_at=_starts(said["task"], ids),
            said=_coded(said),
            size=tasks.nbytes + places.nbytes + said.nbytes,
        )

    def _labelers(self, said: pa.Table) -> pa.Array:
        people = self._named(self._people, _PSEUDONYMS, said["person"])
        return pc.coalesce(people, whole(said["imported"]))

    def _named(self, known: dict[int, str], query: str, ids: pa.ChunkedArray) -> pa.Array:
        """The name of each id; what is not known yet is asked for."""
        found = whole(ids).dictionary_encode()
        distinct = found.dictionary.to_pylist()
        missing = [number for number in distinct if number not in known]
        if missing:
            with self._connection.cursor() as cursor:
                known.update(cursor.execute(query, [missing]).fetchall())  # type: ignore[arg-type]
        names = pa.array([known[number] for number in distinct], pa.string())
        return pc.take(names, found.indices)


def keys_of(frozen: Frozen) -> dict[str, str]:
    """The parameters of the three queries."""
    return {"tasks": _literal(frozen.tasks()), "judgments": _literal(frozen.judgments)}


def _literal(numbers: NDArray[np.int64]) -> str:
    return "{" + ",".join(map(str, numbers.tolist())) + "}"


def _starts(tasks: pa.ChunkedArray, ids: Ints) -> Ints:
    """Where the rows of each task begin; the rows are in the order of `ids`."""
    found: Ints = np.searchsorted(tasks.to_numpy(), np.append(ids, ids[-1] + 1))
    return found


def _once(keys: pa.ChunkedArray, texts: pa.ChunkedArray) -> pa.Array:
    """The messages of each row; equal keys have equal texts, which are read once."""
    distinct, first, place = np.unique(keys.to_numpy(), return_index=True, return_inverse=True)
    if len(distinct) == len(keys):
        return parsed(whole(texts))
    return pc.take(parsed(pc.take(whole(texts), pa.array(first))), pa.array(place))


def _with_prompts(tasks: pa.Table) -> pa.Table:
    """`tasks` with their prompts instead of the texts of them."""
    prompts = _once(tasks["prompt"], tasks["messages"])
    kept = tasks.select(["id", "kind", "criterion", "language", "tags", "reference"])
    return _coded(kept).append_column("prompt", prompts)


def _coded(table: pa.Table) -> pa.Table:
    """`table` with numbers of distinct texts where there are few of them."""
    for at, name in enumerate(table.column_names):
        if name in _CODED:
            table = table.set_column(at, name, whole(table[name]).dictionary_encode())
    return table


def _keys(said: pa.Table) -> pa.Array:
    """How each labeler is known to the consensus: `annotation.consensus.fitting.LABELER_KEY`."""
    person, imported = whole(said["person"]), whole(said["imported"])
    by_number = pc.binary_join_element_wise("p:", pc.cast(person, pa.string()), "")
    by_name = pc.binary_join_element_wise("i:", imported, "")
    return pc.coalesce(by_number, by_name).dictionary_encode()
