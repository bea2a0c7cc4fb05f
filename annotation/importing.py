"""Files of prompts, responses and known preferences on their way in: received, run, held, ended.

A file is first read through and checked (`intake.checking`); only then is it written
(`intake.writing`), and its position moves in the same transaction. So nothing of a file with bad
rows is kept unless asked, and an import that was killed goes on where it stopped. With a preview
nothing is written before somebody confirms it.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import OperationalError, transaction
from django.utils import timezone
from psycopg.errors import DiskFull

from annotation.intake import batches, checking, fetching, spool, writing
from annotation.intake.batches import AT_WORK, Progress, State
from annotation.intake.receiving import (
    GUESS,
    ImportRefused,
    enqueue,
    receive_dataset,
    receive_file,
    record,
    set_reading,
    settled,
)
from annotation.models import ImportBatch
from annotation.readers.base import FileError
from labelers.models import Person

STRANDED_AFTER = timedelta(seconds=30)
FULL = (
    "The disk is full, so the import waits: free some space; it goes on by itself within a minute."
)


def run_import(*, uid: str, on_progress: Progress | None = None) -> ImportBatch:
    """Check and write the file of one import. Calling it again goes on, or changes nothing."""
    batch = ImportBatch.objects.select_related("project", "created_by").get(uid=uid)
    tell = on_progress or (lambda _batch: None)
    with batches.held(batch.uid) as ours:
        if not ours:
            return batch
        batch.refresh_from_db()
        try:
            _run(batch, tell)
        except FileError as problem:
            batches.finish(batch, State.FAILED, str(problem))
        except (OSError, OperationalError) as problem:
            if not _is_full(problem):
                raise
            batches.note(batch, error=FULL, working_since=None)
    tell(batch)
    return batch


def _run(batch: ImportBatch, tell: Progress) -> None:
    if batch.state == State.FETCHING:
        fetching.fetch(batch, tell)
        if batch.state == State.QUEUED:
            format, columns = settled(Path(batch.path), batch.format, batch.columns)
            batches.note(batch, format=format, columns=columns)
    if batch.state in {State.QUEUED, State.CHECKING}:
        checking.check(batch, tell)
    if batch.state == State.WRITING:
        writing.write(batch, tell)


def _is_full(problem: Exception) -> bool:
    if isinstance(problem, OSError):
        return problem.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(problem.__cause__, DiskFull)


def resume_stranded() -> int:
    """Have those imports run that nobody works on: their worker was killed, or the disk was full.

    Returns how many were put into the queue.
    """
    stranded = ImportBatch.objects.filter(
        state__in=AT_WORK, created_at__lt=timezone.now() - STRANDED_AFTER
    )
    count = 0
    for batch in stranded:
        with batches.held(batch.uid) as free:
            if free:
                enqueue(batch)
                count += 1
    return count


def confirm(
    *,
    batch: ImportBatch,
    confirmed_by: Person | None,
    skip_bad: bool | None = None,
    in_background: bool = True,
) -> None:
    """Write what was previewed.

    Raises:
        ImportRefused: it is not waiting for that, or has bad rows that may not be skipped.
    """
    skips = batch.skip_bad if skip_bad is None else skip_bad
    if batch.rows_bad and not skips and batch.state == State.PREVIEW:
        raise ImportRefused(
            f"skip_bad: {batch.rows_bad} of {batch.rows_total} rows are bad; mend them, or skip "
            "bad rows."
        )

    def confirmed() -> bool:
        return batches.move(
            batch, to=State.WRITING, since=(State.PREVIEW,), skip_bad=skips, previews=False
        )

    _deed(batch, confirmed_by, "confirmed", confirmed, in_background)


def preview_again(
    *,
    batch: ImportBatch,
    changed_by: Person | None,
    format: str,
    columns: dict[str, str],
    personal: str,
    in_background: bool = True,
) -> None:
    """Read the file of a preview in another way, and preview that.

    Raises:
        ImportRefused: it is no preview, or a format, field or treatment is unknown.
    """
    format, columns = settled(Path(batch.path), format, columns)
    set_reading(batch, format=format, columns=columns, personal=personal)
    values = {"format": format, "columns": batch.columns, "personal": personal}

    def changed() -> bool:
        return batches.move(batch, to=State.QUEUED, since=(State.PREVIEW,), **values)

    _deed(batch, changed_by, "changed", changed, in_background, **values)


def pause(*, batch: ImportBatch, paused_by: Person | None) -> None:
    """Stop an import after the block at hand, so that it can go on later."""

    def paused() -> bool:
        since = (State.QUEUED, State.CHECKING, State.WRITING)
        return batches.move(batch, to=State.PAUSED, since=since, working_since=None)

    _deed(batch, paused_by, "paused", paused)


def resume(*, batch: ImportBatch, resumed_by: Person | None, in_background: bool = True) -> None:
    """Let a paused import go on: behind the last row that was stored, or with the check."""

    def resumed() -> bool:
        checked = batch.rows_total is not None
        back = State.WRITING if checked and not batch.previews else State.QUEUED
        return batches.move(batch, to=back, since=(State.PAUSED,), error="")

    _deed(batch, resumed_by, "resumed", resumed, in_background)


def cancel(*, batch: ImportBatch, cancelled_by: Person | None) -> None:
    """End an import for good; what it stored stays, and its file is removed."""

    def cancelled() -> bool:
        since = (*AT_WORK, State.PREVIEW, State.PAUSED)
        return batches.move(batch, to=State.CANCELLED, since=since, finished_at=timezone.now())

    _deed(batch, cancelled_by, "cancelled", cancelled)
    if not batch.path:
        return
    spool.remove(batches.folder_of(batch))
    if Path(batch.path).is_dir():
        shutil.rmtree(batch.path, ignore_errors=True)
    else:
        Path(batch.path).unlink(missing_ok=True)


@transaction.atomic
def _deed(
    batch: ImportBatch,
    actor: Person | None,
    name: str,
    do: Callable[[], bool],
    in_background: bool = False,
    **detail: Any,
) -> None:
    """Change an import and write it down, or say that it cannot be done now."""
    if not do():
        raise ImportRefused(
            f"state: the import is {batch.state} and cannot be {name} now; look at it again."
        )
    record(batch, actor, name, **detail)
    if in_background:
        enqueue(batch)


__all__ = [
    "GUESS",
    "ImportRefused",
    "Progress",
    "cancel",
    "confirm",
    "pause",
    "preview_again",
    "receive_dataset",
    "receive_file",
    "resume",
    "resume_stranded",
    "run_import",
]
