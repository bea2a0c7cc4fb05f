"""Files of prompts, responses and known preferences on their way in.

A file is first read through and checked; only then rows are written, a thousand per transaction,
and the position moves in the same transaction. So nothing of a file with bad rows is kept unless
asked, and an import that was killed goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from annotation import known_answers, tasking
from annotation.candidates import Candidate
from annotation.models import ImportBatch, ProjectSettings
from annotation.readers.base import FileError, RowError, read_rows, suffix_of
from annotation.readers.catalog import READERS
from labelers import audit
from labelers.models import Person, Project

State = ImportBatch.State
MAX_PROBLEMS = 100
PROGRESS_EVERY = 0.5
COPY_CHUNK = 1024 * 1024

Progress = Callable[[ImportBatch], None]


class ImportRefused(ValueError):
    """A file that is not taken; the message says why and what to do."""


def receive_file(
    *,
    project: Project,
    file: IO[bytes],
    file_name: str,
    format: str,
    created_by: Person | None,
    skip_bad: bool = False,
    make_tasks: bool = True,
    ask_people: bool | None = None,
    source: str = "",
    in_background: bool = True,
) -> ImportBatch:
    """Keep a copy of `file` and queue its import; ``ask_people`` is that of `add_candidates`.

    Raises:
        ImportRefused: the format or suffix is unknown, the file is empty or too large.
    """
    if format not in READERS:
        raise ImportRefused(f"format: {format!r} is not one of {', '.join(READERS)}.")
    try:
        suffix = suffix_of(file_name)
    except FileError as problem:
        raise ImportRefused(f"file: {problem}") from problem
    name = Path(file_name).name
    batch = ImportBatch(
        project=project,
        file_name=name[-255:],
        format=format,
        skip_bad=skip_bad,
        make_tasks=make_tasks,
        ask_people=ask_people,
        source=(source or name.removesuffix(suffix))[:120],
        created_by=created_by,
    )
    folder = settings.ACCORD_HOME / "imports" / str(batch.uid)
    folder.mkdir(parents=True)
    target = folder / f"data{suffix}"
    batch.path = str(target)
    batch.size, batch.sha256 = _keep(file, target)
    with transaction.atomic():
        batch.save()
        audit.record(
            actor=created_by,
            action="import.received",
            project=project,
            subject=f"import:{batch.uid}",
            file=batch.file_name,
            sha256=batch.sha256,
        )
        if in_background:
            app.configure_task("annotation.import_file", queue="light").defer(uid=str(batch.uid))
    return batch


def _keep(file: IO[bytes], target: Path) -> tuple[int, str]:
    """Copy `file` to `target`; returns its size in bytes and SHA-256."""
    digest, size = hashlib.sha256(), 0
    try:
        with target.open("wb") as copy:
            while chunk := file.read(COPY_CHUNK):
                size += len(chunk)
                if size > settings.IMPORT_MAX_BYTES:
                    most = settings.IMPORT_MAX_BYTES // 1024**2
                    raise ImportRefused(f"file: larger than {most} MB; split it.")
                digest.update(chunk)
                copy.write(chunk)
        if size == 0:
            raise ImportRefused("file: it is empty; choose the file again.")
    except OSError as problem:
        _discard(target)
        raise ImportRefused(
            f"file: it could not be kept ({problem.strerror}); free disk space and send it again."
        ) from problem
    except ImportRefused:
        _discard(target)
        raise
    return size, digest.hexdigest()


def _discard(target: Path) -> None:
    target.unlink(missing_ok=True)
    target.parent.rmdir()


def run_import(*, uid: str, on_progress: Progress | None = None) -> ImportBatch:
    """Check and write the file of one import. Calling it again goes on, or changes nothing."""
    batch = ImportBatch.objects.select_related("project", "created_by").get(uid=uid)
    tell = on_progress or (lambda _batch: None)
    try:
        if batch.state in {State.QUEUED, State.CHECKING}:
            _check(batch, tell)
        if batch.state == State.WRITING:
            _write(batch, tell)
    except (FileError, OSError) as problem:
        _finish(batch, State.FAILED, str(problem))
    tell(batch)
    return batch


def _parsed(batch: ImportBatch) -> Iterator[tuple[int, int, Candidate | RowError]]:
    """Number, bytes read, and candidate or problem of every row of the file."""
    parse = READERS[batch.format].parse
    asked = tasking.asked_in(ProjectSettings.objects.get(project=batch.project))
    for row in read_rows(Path(batch.path)):
        result: Candidate | RowError
        if row.fields is None:
            result = row.error or RowError("", "cannot be read.")
        else:
            try:
                result = parse(row.fields, batch.source)
                known_answers.check(asked, result)
            except RowError as problem:
                result = problem
        yield row.number, row.bytes_read, result


def _check(batch: ImportBatch, tell: Progress) -> None:
    """Read the whole file without writing; refuse it when rows are bad and none may be skipped."""
    rows = bad = 0
    problems: list[dict[str, Any]] = []
    told = time.monotonic()
    _update(batch, state=State.CHECKING)
    for number, bytes_read, result in _parsed(batch):
        rows += 1
        if isinstance(result, RowError):
            bad += 1
            if len(problems) < MAX_PROBLEMS:
                problems.append({"line": number, "field": result.field, "problem": result.problem})
        if time.monotonic() - told > PROGRESS_EVERY:
            told = time.monotonic()
            _update(batch, bytes_read=bytes_read, rows_bad=bad, problems=problems)
            tell(batch)
    _update(batch, bytes_read=batch.size, rows_total=rows, rows_bad=bad, problems=problems)
    if rows == 0:
        _finish(batch, State.FAILED, "The file has no rows.")
    elif bad and not batch.skip_bad:
        _finish(
            batch,
            State.FAILED,
            f"{bad} of {rows} rows are bad, so nothing was kept: mend them, or import again and "
            "skip bad rows.",
        )
    else:
        _update(batch, state=State.WRITING)


def _write(batch: ImportBatch, tell: Progress) -> None:
    """Write the good rows, from where the last transaction left off."""
    results = (result for _number, _bytes, result in _parsed(batch))
    rest = itertools.islice(results, batch.rows_done, None)
    while some := list(itertools.islice(rest, tasking.BATCH)):
        good = [result for result in some if isinstance(result, Candidate)]
        with transaction.atomic():
            locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
            if locked.rows_done != batch.rows_done or locked.state != State.WRITING:
                # Another worker has taken this import over.
                batch.refresh_from_db()
                return
            made = tasking.add_candidates(
                project=batch.project,
                added_by=batch.created_by,
                candidates=good,
                make_tasks=batch.make_tasks,
                ask_people=batch.ask_people,
            )
            counts = dict(Counter(locked.counts) + Counter(made))
            _update(batch, rows_done=batch.rows_done + len(some), counts=counts)
        tell(batch)
    _finish(batch, State.DONE)


def _update(batch: ImportBatch, **values: Any) -> None:
    for name, value in values.items():
        setattr(batch, name, value)
    batch.save(update_fields=list(values))


@transaction.atomic
def _finish(batch: ImportBatch, state: str, error: str = "") -> None:
    _update(batch, state=state, error=error, finished_at=timezone.now())
    audit.record(
        actor=batch.created_by,
        action=f"import.{state}",
        project=batch.project,
        subject=f"import:{batch.uid}",
        **batch.counts,
    )
