"""Reading the labels of a project: one moment of the database, in flat memory.

All is read in one repeatable-read transaction on a connection of its own, so that people may go on
labeling meanwhile. What is read is `selecting`'s list of judgments; where the project's consensus
weighs labelers, they are learned from the same moment first. What the labels mean is
`exports.recording` and, column by column, `exports.compared_columns`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from types import TracebackType
from typing import Any, Self

import psycopg
from django.db import connections

from annotation.consensus.aggregating import Aggregate, Reliabilities, Spoken, aggregate_all
from annotation.consensus.fitting import LABELER_KEY, answers_of, fit, speaker
from annotation.consensus.methods.base import ADJUDICATOR, GOLD
from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.task_kinds.catalog import TASK_KINDS
from exports import selecting
from exports.arrow_reading import ArrowReading
from exports.batches import Batch, BatchReader
from exports.filters import Filters
from exports.frozen import Frozen
from exports.records import Message
from labelers.models import Project

CONSENSUS_TASKS = 500
"""So many tasks at a time get their posteriors, counted from the first: part of what makes the same
labels the same bytes."""

MOST_TASKS = 20 * CONSENSUS_TASKS
MOST_BYTES = 16_000_000

_EARLIER = f"""
    SELECT t.id, (
        WITH RECURSIVE turns AS (
            SELECT * FROM annotation_judgment WHERE id = t.follows_id
            UNION ALL
            SELECT before.* FROM turns
            JOIN annotation_task asked ON asked.id = turns.task_id
            JOIN annotation_judgment before ON before.id = asked.follows_id
        )
        SELECT json_agg(json_build_object(
            'id', j.id, 'revision', j.revision, 'standing', j.standing, 'answer', j.answer,
            'reason', j.reason, 'display_order', j.display_order, 'seconds', j.seconds,
            'guideline_version', j.guideline_version,
            'labeler', COALESCE(l.pseudonym, j.imported_labeler), 'key', {LABELER_KEY}
        ) ORDER BY j.id)::text
        FROM turns j LEFT JOIN labelers_person l ON l.id = j.person_id
    )
    FROM annotation_task t WHERE t.id = ANY(%s) AND t.follows_id IS NOT NULL
"""  # noqa: S608 - written above; values are parameters
_METHOD = """
    SELECT consensus_method FROM annotation_projectsettings WHERE project_id = %(project)s
"""
_PSEUDONYMS = """
    SELECT 'p:' || id, pseudonym FROM labelers_person
    WHERE 'p:' || id = ANY(%(keys)s)
"""
_OPTIONS = """
    SELECT kind, kind_options::text FROM annotation_projectsettings WHERE project_id = %(project)s
"""


@dataclass(frozen=True)
class LabeledTask:
    """One task with everything that was said of it and may be used.

    ``responses`` holds (messages, source name) in canonical order; ``judgments`` are plain values
    in the order of their ids, ``followed`` where a task goes on from them. ``earlier`` are the
    turns of the conversation before this one, the first first. ``options`` are those of the kind.
    ``consensus`` is what the judgments say together where labelers are weighed; None where every
    judgment counts the same.
    """

    pk: int
    kind: str
    criterion: str
    language: str
    tags: list[str]
    prompt: list[Message]
    reference: str | None
    responses: list[tuple[list[Message], str]]
    judgments: list[dict[str, Any]]
    labeled_at: str
    earlier: Sequence[dict[str, Any]] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    consensus: Aggregate | None = None

    @property
    def spoken(self) -> Spoken:
        """What the judgments say of the things that are compared, and who said it."""
        kind, k = TASK_KINDS[self.kind], len(self.responses)
        return Spoken(
            answers=[kind.outcomes(said["answer"], k) for said in self.judgments],
            labelers=[speaker(said["key"], said["standing"]) for said in self.judgments],
            k=kind.compared(k),
        )


@dataclass(frozen=True)
class Knowledge:
    """What is known of a project besides its judgments: how they are weighed and what was asked.

    ``about`` is how a manifest tells of the method; ``options`` are those of every kind.
    """

    method: str
    reliabilities: Reliabilities | None
    about: Mapping[str, Any]
    options: Mapping[str, Mapping[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Itself as JSON has it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        """What `as_dict` gave."""
        known = given["reliabilities"]
        return cls(**{**given, "reliabilities": Reliabilities(**known) if known else None})


class Reading:
    """One moment of a project's labels::

    with Reading(project, filters) as reading:
        total = reading.count()
        for task in reading.tasks():
            ...
    """

    def __init__(self, project: Project, filters: Filters) -> None:
        self._values = selecting.values_of(project, filters)
        self._connection = connections["default"].copy()
        self._knowledge: Knowledge | None = None
        self._reader: BatchReader | None = None
        self._rows: ArrowReading | None = None
        self._size = CONSENSUS_TASKS
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._connection.set_autocommit(False)
        with self._connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            # A million cheap rows look dear to the planner, and compiling helps none of them.
            cursor.execute("SET LOCAL jit = off")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stack.close()
        try:
            if not self._connection.is_usable():
                return
            self._connection.rollback()
        finally:
            self._connection.close()

    def try_lock(self, name: str) -> bool:
        """Whether this reading now holds the lock `name`; its end, even by a kill, frees it."""
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
            return bool(cursor.fetchone()[0])

    def count(self) -> int:
        """How many tasks `tasks` will give."""
        with self._connection.cursor() as cursor:
            cursor.execute(selecting.COUNT, self._values)
            return int(cursor.fetchone()[0])

    def freeze(self, most_tasks: int | None = None) -> Frozen:
        """The judgments of every task that is neither gold from the start nor retired; of the first
        `most_tasks` only where that is given."""
        query, values = selecting.LIST, self._values
        if most_tasks is not None:
            query, values = selecting.LIST_OF_FIRST, {**values, "most": most_tasks}
        filled = psycopg.ClientCursor(self._connection.connection).mogrify(query, values)
        rows = self._arrow().table(filled)
        at = rows.column_names.index("standing")
        coded = rows["standing"].combine_chunks().dictionary_encode()
        return Frozen(rows.set_column(at, "standing", coded))

    def batches(self, frozen: Frozen) -> Iterator[Batch]:
        """The tasks of `frozen`, as many at a time as are some megabytes."""
        if not frozen.rows.num_rows:
            return
        if self._reader is None:
            rows = self._arrow()
            rows.look_up_only()
            self._reader = BatchReader(rows, self._connection.connection)
        with ThreadPoolExecutor(1, thread_name_prefix="reading") as beside:
            now, left = frozen.cut(self._size)
            coming = beside.submit(self._reader.read, now)
            while coming is not None:
                batch = coming.result()
                self._size = next_size(self._size, batch.size)
                coming = None
                if left.rows.num_rows:
                    # The database reads on while this batch is worked on.
                    now, left = left.cut(self._size)
                    coming = beside.submit(self._reader.read, now)
                yield batch

    def tasks(self) -> Iterator[LabeledTask]:
        """Every task of `freeze`, by id."""
        for batch in self.batches(self.freeze()):
            yield from self.labeled(batch, self.knowledge())

    def labeled(self, batch: Batch, known: Knowledge) -> Iterator[LabeledTask]:
        """The tasks of `batch` one by one."""
        tasks = list(_tasks(batch, known.options, self._earlier(batch)))
        if known.reliabilities is None:
            yield from tasks
            return
        for start in range(0, len(tasks), CONSENSUS_TASKS):
            some = tasks[start : start + CONSENSUS_TASKS]
            found = aggregate_all([task.spoken for task in some], known.reliabilities)
            for task, consensus in zip(some, found, strict=True):
                yield replace(task, consensus=consensus)

    def about_consensus(self) -> dict[str, Any]:
        """How answers were weighed: the method, and by pseudonym how reliable labelers are.

        For people only: those who labeled elsewhere keep the name that their file gave them.
        """
        return dict(self.knowledge().about)

    def knowledge(self) -> Knowledge:
        """What is known besides the judgments; learned once."""
        if self._knowledge is None:
            with self._connection.cursor() as cursor:
                cursor.execute(_METHOD, self._values)
                (method,) = cursor.fetchone()
            found = None
            if CONSENSUS_METHODS[method].fit is not None:
                with self._connection.cursor() as cursor:
                    found = fit(answers_of(cursor, self._values), method)
            about = {"method": method}
            if found is not None:
                about["labelers"] = self._about_labelers(found)
            self._knowledge = Knowledge(method, found, about, self._options())
        return self._knowledge

    def _about_labelers(self, found: Reliabilities) -> list[dict[str, Any]]:
        with self._connection.cursor() as cursor:
            keys = [key.removeprefix(ADJUDICATOR) for key in found.labelers]
            cursor.execute(_PSEUDONYMS, {"keys": keys})
            pseudonyms = dict(cursor.fetchall())
        shown = ("answers", "reliability", "low", "high")
        return [
            {
                "labeler": pseudonyms.get(key, key.removeprefix("i:")),
                "adjudicates": name != key,
                **{field: values[field] for field in shown},
            }
            for name, values in found.labelers.items()
            if (key := name.removeprefix(ADJUDICATOR)) != GOLD
        ]

    def _options(self) -> dict[str, dict[str, Any]]:
        """The options of every kind: those of the project's own, and defaults of what it was."""
        options = {name: kind.default_options for name, kind in TASK_KINDS.items()}
        with self._connection.cursor() as cursor:
            cursor.execute(_OPTIONS, self._values)
            for kind, stored in cursor.fetchall():
                options[kind] |= json.loads(stored)
        return options

    def _arrow(self) -> ArrowReading:
        """Columns of the same moment."""
        if self._rows is None:
            self._rows = self._stack.enter_context(ArrowReading(self._connection.connection))
        return self._rows

    def _earlier(self, batch: Batch) -> dict[int, list[dict[str, Any]]]:
        """The turns before the tasks that go on from another one."""
        if self._values["in_turns"] not in batch.tasks["kind"].unique().to_pylist():
            return {}
        with self._connection.cursor() as cursor:
            cursor.execute(_EARLIER, [batch.tasks["id"].to_pylist()])
            return {pk: json.loads(turns) for pk, turns in cursor.fetchall()}


def _tasks(
    batch: Batch,
    options: Mapping[str, Mapping[str, Any]],
    earlier: Mapping[int, list[dict[str, Any]]],
) -> Iterator[LabeledTask]:
    responses = list(zip(batch.responses.to_pylist(), batch.sources.to_pylist(), strict=True))
    said = [_values(row) for row in batch.said.to_pylist()]
    labeled_at = batch.labeled_at().to_pylist()
    for at, row in enumerate(batch.tasks.to_pylist()):
        yield LabeledTask(
            pk=row["id"],
            kind=row["kind"],
            criterion=row["criterion"],
            language=row["language"],
            tags=row["tags"],
            prompt=row["prompt"],
            reference=row["reference"],
            responses=responses[batch.place_at[at] : batch.place_at[at + 1]],
            judgments=said[batch.said_at[at] : batch.said_at[at + 1]],
            labeled_at=labeled_at[at],
            earlier=earlier.get(row["id"], []),
            options=options[row["kind"]],
        )


def next_size(size: int, came: int) -> int:
    """How many tasks to read next, where `size` tasks were `came` bytes."""
    if came * 2 < MOST_BYTES:
        return min(2 * size, MOST_TASKS)
    if came > MOST_BYTES:
        return max(size // (2 * CONSENSUS_TASKS), 1) * CONSENSUS_TASKS
    return size


_AS_THEY_ARE = ("id", "revision", "standing", "reason", "seconds", "labeler", "key", "followed")


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    """One judgment as plain values."""
    return {
        **{name: row[name] for name in _AS_THEY_ARE},
        "answer": json.loads(row["answer"]),
        "display_order": json.loads(row["shown"]),
        "guideline_version": row["version"],
    }
