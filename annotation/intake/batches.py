"""One import as its row in the database: where it stands, who works on it, how it changes state.

A change of state names the states that it starts from, so that a person who pauses or cancels and
the process that works never undo each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from annotation import tasking
from annotation.intake.rows import Reading
from annotation.models import ImportBatch, ProjectSettings
from labelers import audit

State = ImportBatch.State
Progress = Callable[[ImportBatch], None]

AT_WORK = (State.FETCHING, State.QUEUED, State.CHECKING, State.WRITING)
"""States in which a process works on an import, or is about to."""


def folder_of(batch: ImportBatch) -> Path:
    """Where the file of an import lies, and what belongs to it."""
    return Path(batch.path).parent


def reading_of(batch: ImportBatch) -> Reading:
    """How the rows of an import are read, by the project's settings of this moment."""
    settings = ProjectSettings.objects.get(project=batch.project)
    return Reading(
        format=batch.format,
        source=batch.source,
        kind=settings.kind,
        options=dict(tasking.asked_in(settings).options),
        columns=batch.columns,
        personal=batch.personal,
        make_tasks=batch.make_tasks,
    )


def made_by(batch: ImportBatch, reading: Reading) -> str:
    """What a spool must have been made by to be used: this file, read in this way."""
    return hashlib.sha256(f"{batch.sha256} {reading.in_json()}".encode()).hexdigest()


@contextmanager
def held(uid: UUID) -> Iterator[bool]:
    """Hold an import's advisory lock on a connection of its own, which dies with this process."""
    key = int.from_bytes(uid.bytes[8:], "big", signed=True)
    parameters = {**connection.get_connection_params(), "autocommit": True}
    parameters.pop("pool", None)
    with connection.Database.connect(**parameters) as own, own.cursor() as cursor:
        found = cursor.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone()
        yield bool(found and found[0])


def move(batch: ImportBatch, *, to: str, since: tuple[str, ...], **values: Any) -> bool:
    """Bring `batch` into another state if it is still in one of `since`; whether it was."""
    moved = ImportBatch.objects.filter(pk=batch.pk, state__in=since).update(state=to, **values)
    batch.refresh_from_db()
    return bool(moved)


def note(batch: ImportBatch, **values: Any) -> bool:
    """Keep `values` while `batch` stays in its state; False once somebody changed that."""
    kept = ImportBatch.objects.filter(pk=batch.pk, state=batch.state).update(**values)
    if kept:
        for name, value in values.items():
            setattr(batch, name, value)
    else:
        batch.refresh_from_db()
    return bool(kept)


@transaction.atomic
def finish(batch: ImportBatch, state: str, error: str = "") -> bool:
    """End an import that is still at work, with its audit row."""
    ended = move(batch, to=state, since=AT_WORK, error=error, finished_at=timezone.now())
    if ended:
        audit.record(
            actor=batch.created_by,
            action=f"import.{state}",
            project=batch.project,
            subject=f"import:{batch.uid}",
            **batch.counts,
        )
    return ended
