"""Reading the labels of a project: one moment of the database, task by task, in flat memory.

All is read in one repeatable-read transaction on a connection of its own, through a server-side
cursor, so that people may go on labeling meanwhile. What the labels mean is `exports.recording`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from django.db import connections

from annotation.aggregating import SPEAKING
from annotation.models import Judgment
from exports.filters import Filters
from exports.records import Message
from labelers.models import Project

FETCH_TASKS = 500

_CONDITIONS = """
    t.project_id = %(project)s AND NOT t.is_gold
    AND (%(languages)s::text[] IS NULL OR p.language = ANY(%(languages)s))
    AND (%(tags)s::text[] IS NULL OR p.tags::text[] && %(tags)s)
"""
_JUDGMENTS = """
    FROM annotation_judgment j LEFT JOIN labelers_person l ON l.id = j.person_id
    WHERE j.task_id = t.id AND j.is_current AND j.standing = ANY(%(standings)s)
    AND (%(since)s::timestamptz IS NULL OR j.created_at >= %(since)s::timestamptz)
    AND (%(until)s::timestamptz IS NULL OR j.created_at < %(until)s::timestamptz)
"""
_FROM = "FROM annotation_task t JOIN annotation_prompt p ON p.id = t.prompt_id"
_COUNT = f"SELECT count(*) {_FROM} WHERE {_CONDITIONS} AND EXISTS (SELECT 1 {_JUDGMENTS})"
_TASKS = f"""
    SELECT t.id, t.kind, t.criterion, p.language, p.tags, p.messages::text, p.reference,
        placed.responses, said.judgments, said.labeled_at
    {_FROM}
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_array(r.messages, s.name) ORDER BY tr.position)::text responses
        FROM annotation_taskresponse tr
        JOIN annotation_response r ON r.id = tr.response_id
        JOIN annotation_responsesource s ON s.id = r.source_id
        WHERE tr.task_id = t.id
    ) placed
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object(
                'id', j.id, 'revision', j.revision, 'standing', j.standing, 'answer', j.answer,
                'display_order', j.display_order, 'seconds', j.seconds,
                'guideline_version', j.guideline_version,
                'labeler', COALESCE(l.pseudonym, j.imported_labeler)
            ) ORDER BY j.id)::text judgments,
            to_char(max(j.created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')
                labeled_at
        {_JUDGMENTS}
    ) said
    WHERE {_CONDITIONS} AND said.judgments IS NOT NULL AND placed.responses IS NOT NULL
    ORDER BY t.id
"""  # noqa: S608 - every part is written above; values are parameters


@dataclass(frozen=True)
class LabeledTask:
    """One task with everything that was said of it and may be used.

    ``responses`` holds (messages, source name) in canonical order; ``judgments`` are plain values
    in the order of their ids.
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
        }
        self._connection = connections["default"].copy()

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
        """Every task that is not gold and has a judgment to use, ordered by id."""
        with self._connection.chunked_cursor() as cursor:
            cursor.execute(_TASKS, self._values)
            while rows := cursor.fetchmany(FETCH_TASKS):
                for pk, kind, criterion, language, tags, prompt, reference, *rest in rows:
                    responses, judgments, labeled_at = rest
                    yield LabeledTask(
                        pk=pk,
                        kind=kind,
                        criterion=criterion,
                        language=language,
                        tags=tags,
                        prompt=json.loads(prompt),
                        reference=reference,
                        responses=[(each, name) for each, name in json.loads(responses)],
                        judgments=json.loads(judgments),
                        labeled_at=labeled_at,
                    )


_IMPORTED = Judgment.Standing.IMPORTED
