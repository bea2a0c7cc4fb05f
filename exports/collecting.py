"""Reading the labels of a project: one moment of the database, task by task, in flat memory.

All is read in one repeatable-read transaction on a connection of its own, through a server-side
cursor, so that people may go on labeling meanwhile. Where the project's consensus weighs labelers,
they are learned from the same moment first. What the labels mean is `exports.recording`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from django.db import connections

from annotation.consensus.aggregating import (
    SPEAKING,
    Aggregate,
    Reliabilities,
    Spoken,
    aggregate_all,
)
from annotation.consensus.fitting import LABELER_KEY, answers_of, fit, speaker
from annotation.consensus.methods.base import ADJUDICATOR, GOLD
from annotation.consensus.methods.catalog import CONSENSUS_METHODS
from annotation.models import Judgment
from annotation.task_kinds.catalog import TASK_KINDS
from annotation.task_kinds.conversation import CONVERSATION
from exports.filters import Filters
from exports.records import Message
from labelers.models import Project

FETCH_TASKS = 500

_CONDITIONS = """
    t.project_id = %(project)s AND (NOT t.is_gold OR t.counted > 0) AND t.state <> 'retired'
    AND (%(languages)s::text[] IS NULL OR p.language = ANY(%(languages)s))
    AND (%(tags)s::text[] IS NULL OR p.tags::text[] && %(tags)s)
"""
_JUDGMENTS = """
    FROM annotation_judgment j LEFT JOIN labelers_person l ON l.id = j.person_id
    WHERE j.task_id = t.id AND j.is_current AND j.standing = ANY(%(standings)s)
    AND (%(since)s::timestamptz IS NULL OR j.created_at >= %(since)s::timestamptz)
    AND (%(until)s::timestamptz IS NULL OR j.created_at < %(until)s::timestamptz)
"""
_SAID = f"""
    'id', j.id, 'revision', j.revision, 'standing', j.standing, 'answer', j.answer,
    'reason', j.reason, 'display_order', j.display_order, 'seconds', j.seconds,
    'guideline_version', j.guideline_version,
    'labeler', COALESCE(l.pseudonym, j.imported_labeler), 'key', {LABELER_KEY}
"""
# Both cases spare the many tasks that are no turns of a conversation a look into the tables.
_IS_FOLLOWED = """
    CASE WHEN t.kind = %(in_turns)s
    THEN EXISTS (SELECT 1 FROM annotation_task after WHERE after.follows_id = j.id)
    ELSE false END
"""
_EARLIER = f"""
    CASE WHEN t.follows_id IS NOT NULL THEN (
        WITH RECURSIVE turns AS (
            SELECT * FROM annotation_judgment WHERE id = t.follows_id
            UNION ALL
            SELECT before.* FROM turns
            JOIN annotation_task asked ON asked.id = turns.task_id
            JOIN annotation_judgment before ON before.id = asked.follows_id
        )
        SELECT json_agg(json_build_object({_SAID}) ORDER BY j.id)::text
        FROM turns j LEFT JOIN labelers_person l ON l.id = j.person_id
    ) END
"""  # noqa: S608 - written above; values are parameters
_FROM = "FROM annotation_task t JOIN annotation_prompt p ON p.id = t.prompt_id"
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
_COUNT = f"SELECT count(*) {_FROM} WHERE {_CONDITIONS} AND EXISTS (SELECT 1 {_JUDGMENTS})"
_TASKS = f"""
    SELECT t.id, t.kind, t.criterion, p.language, p.tags, p.messages::text, p.reference,
        placed.responses, said.judgments, said.labeled_at, {_EARLIER}
    {_FROM}
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_array(r.messages, s.name) ORDER BY tr.position)::text responses
        FROM annotation_taskresponse tr
        JOIN annotation_response r ON r.id = tr.response_id
        JOIN annotation_responsesource s ON s.id = r.source_id
        WHERE tr.task_id = t.id
    ) placed
    CROSS JOIN LATERAL (
        SELECT json_agg(
                json_build_object({_SAID}, 'followed', {_IS_FOLLOWED}) ORDER BY j.id
            )::text judgments,
            to_char(max(j.created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')
                labeled_at
        {_JUDGMENTS}
    ) said
    WHERE {_CONDITIONS} AND said.judgments IS NOT NULL
    ORDER BY t.id
"""  # noqa: S608 - every part is written above; values are parameters


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


class Reading:
    """One moment of a project's labels::

    with Reading(project, filters) as reading:
        total = reading.count()
        for task in reading.tasks():
            ...
    """

    def __init__(self, project: Project, filters: Filters) -> None:
        standings = [s for s in SPEAKING if filters.include_imported or s != _IMPORTED]
        self._values = {
            "project": project.pk,
            "standings": [str(standing) for standing in standings],
            "languages": list(filters.languages) or None,
            "tags": list(filters.tags) or None,
            "since": filters.since,
            "until": filters.until,
            "in_turns": CONVERSATION.name,
        }
        self._connection = connections["default"].copy()
        self._learned: tuple[str, Reliabilities | None] | None = None

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
            cursor.execute(_COUNT, self._values)
            return int(cursor.fetchone()[0])

    def tasks(self) -> Iterator[LabeledTask]:
        """Every task that is neither gold from the start nor retired, and has judgments, by id."""
        options = self._options()
        _, reliabilities = self._consensus()
        with self._connection.chunked_cursor() as cursor:
            cursor.execute(_TASKS, self._values)
            while rows := cursor.fetchmany(FETCH_TASKS):
                tasks = [_task(row, options) for row in rows]
                if reliabilities is None:
                    yield from tasks
                else:
                    found = aggregate_all([task.spoken for task in tasks], reliabilities)
                    for task, consensus in zip(tasks, found, strict=True):
                        yield replace(task, consensus=consensus)

    def about_consensus(self) -> dict[str, Any]:
        """How answers were weighed: the method, and by pseudonym how reliable labelers are.

        For people only: those who labeled elsewhere keep the name that their file gave them.
        """
        method, found = self._consensus()
        if found is None:
            return {"method": method}
        with self._connection.cursor() as cursor:
            keys = [key.removeprefix(ADJUDICATOR) for key in found.labelers]
            cursor.execute(_PSEUDONYMS, {"keys": keys})
            pseudonyms = dict(cursor.fetchall())
        shown = ("answers", "reliability", "low", "high")
        return {
            "method": method,
            "labelers": [
                {
                    "labeler": pseudonyms.get(key, key.removeprefix("i:")),
                    "adjudicates": name != key,
                    **{field: values[field] for field in shown},
                }
                for name, values in found.labelers.items()
                if (key := name.removeprefix(ADJUDICATOR)) != GOLD
            ],
        }

    def _consensus(self) -> tuple[str, Reliabilities | None]:
        """The project's method and what it learns from the answers that are read, learned once."""
        if self._learned is None:
            with self._connection.cursor() as cursor:
                cursor.execute(_METHOD, self._values)
                (method,) = cursor.fetchone()
            reliabilities = None
            if CONSENSUS_METHODS[method].fit is not None:
                with self._connection.chunked_cursor() as cursor:
                    reliabilities = fit(answers_of(cursor, self._values), method)
            self._learned = method, reliabilities
        return self._learned

    def _options(self) -> dict[str, dict[str, Any]]:
        """The options of every kind: those of the project's own, and defaults of what it was."""
        options = {name: kind.default_options for name, kind in TASK_KINDS.items()}
        with self._connection.cursor() as cursor:
            cursor.execute(_OPTIONS, self._values)
            for kind, stored in cursor.fetchall():
                options[kind] |= json.loads(stored)
        return options


_IMPORTED = Judgment.Standing.IMPORTED


def _task(row: Sequence[Any], options: Mapping[str, Mapping[str, Any]]) -> LabeledTask:
    """The task of one row of _TASKS."""
    pk, kind, criterion, language, tags, prompt, reference, *rest = row
    responses, judgments, labeled_at, earlier = rest
    return LabeledTask(
        pk=pk,
        kind=kind,
        criterion=criterion,
        language=language,
        tags=tags,
        prompt=json.loads(prompt),
        reference=reference,
        responses=[(each, name) for each, name in json.loads(responses or "[]")],
        judgments=json.loads(judgments),
        labeled_at=labeled_at,
        earlier=json.loads(earlier or "[]"),
        options=options[kind],
    )
