"""A file or a data set is received: a copy is kept, how it is read is settled, its import queued.

Nothing is read here but the first row, where the format is to be told by it. What happens to an
import later is `importing`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from annotation.intake import fetching
from annotation.intake.batches import State
from annotation.intake.rows import TREATMENTS
from annotation.models import ImportBatch
from annotation.readers.base import FileError
from annotation.readers.catalog import READERS, guess_format
from annotation.readers.columns import guess
from annotation.readers.files import read_rows, suffix_of
from annotation.readers.table import TABLE
from labelers import audit
from labelers.models import Person, Project

COPY_CHUNK = 1024 * 1024
GUESS = "guess"
"""A format that is told by the first row."""


class ImportRefused(ValueError):
    """A file that is not taken, or a deed that an import does not allow now; the message says why
    and what to do."""


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
    columns: dict[str, str] | None = None,
    personal: str = ImportBatch.Personal.KEEP,
    previews: bool = False,
    in_background: bool = True,
) -> ImportBatch:
    """Keep a copy of `file` and queue its import; ``ask_people`` is that of `add_candidates`.

    With ``previews`` it is checked and then waits for `confirm`.

    Raises:
        ImportRefused: the format or suffix is unknown, the file is empty or too large.
    """
    try:
        suffix = suffix_of(file_name)
    except FileError as problem:
        raise ImportRefused(f"file: {problem}") from problem
    name = Path(file_name).name
    batch = ImportBatch(
        project=project,
        file_name=name[-255:],
        skip_bad=skip_bad,
        make_tasks=make_tasks,
        ask_people=ask_people,
        source=(source or name[: -len(suffix)])[:120],
        previews=previews,
        created_by=created_by,
    )
    set_reading(batch, format=format, columns=columns, personal=personal)
    target = make_folder(batch) / f"data{suffix}"
    batch.path = str(target)
    batch.size, batch.sha256 = _keep(file, target)
    batch.format, batch.columns = settled(target, batch.format, batch.columns)
    keep(batch, in_background=in_background)
    return batch


def settled(path: Path, format: str, columns: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Format and columns, as the first row of a file tells where nobody named them."""
    if format not in (GUESS, TABLE.name) or columns:
        return format, columns
    try:
        row = next(read_rows(path), None)
    except FileError:
        row = None
    # What cannot be read is said by the check, in whatever format.
    names = list(row.fields) if row and row.fields else []
    if format == TABLE.name:
        return format, guess(names, TABLE.takes)
    return guess_format(names) if names else ("accord", {})


def receive_dataset(
    *,
    project: Project,
    dataset: str,
    format: str,
    created_by: Person | None,
    revision: str = "",
    config: str = "",
    split: str = "",
    columns: dict[str, str] | None = None,
    personal: str = ImportBatch.Personal.KEEP,
    skip_bad: bool = False,
    make_tasks: bool = True,
    ask_people: bool | None = None,
    source: str = "",
    previews: bool = False,
    in_background: bool = True,
) -> ImportBatch:
    """Fetch a data set of the Hugging Face hub by its id and queue its import.

    Raises:
        ImportRefused: a part of the name is none, or the format is unknown.
    """
    try:
        origin = fetching.origin_of(dataset, revision, config, split)
    except ValueError as problem:
        raise ImportRefused(str(problem)) from problem
    batch = ImportBatch(
        project=project,
        file_name=dataset[:255],
        origin=origin[:300],
        size=0,
        sha256="",
        state=State.FETCHING,
        skip_bad=skip_bad,
        make_tasks=make_tasks,
        ask_people=ask_people,
        source=(source or dataset)[:120],
        previews=previews,
        created_by=created_by,
    )
    set_reading(batch, format=format, columns=columns, personal=personal)
    batch.path = str(make_folder(batch) / "data")
    keep(batch, in_background=in_background)
    return batch


def make_folder(batch: ImportBatch) -> Path:
    """Make the folder of a new import."""
    folder: Path = settings.ACCORD_HOME / "imports" / str(batch.uid)
    try:
        folder.mkdir(parents=True)
    except OSError as problem:
        raise _unkept(problem) from problem
    return folder


@transaction.atomic
def keep(batch: ImportBatch, *, in_background: bool) -> None:
    """Store a new import with its audit row, and have it run."""
    batch.save()
    record(batch, batch.created_by, "received", file=batch.file_name, sha256=batch.sha256)
    if in_background:
        enqueue(batch)


def set_reading(
    batch: ImportBatch, *, format: str, columns: dict[str, str] | None, personal: str
) -> None:
    """Settle how a file is read.

    Raises:
        ImportRefused: an unknown format, field or treatment.
    """
    if format not in READERS and format != GUESS:
        raise ImportRefused(f"format: {format!r} is not one of {', '.join(READERS)}.")
    if personal not in TREATMENTS:
        raise ImportRefused(f"personal: {personal!r} is not one of {', '.join(TREATMENTS)}.")
    takes = READERS[format].takes if format in READERS else ()
    unknown = sorted(set(columns or {}) - set(takes))
    if unknown:
        known = ", ".join(takes) or "none while the format is guessed"
        raise ImportRefused(f"columns: {unknown[0]!r} is no field of {format}; known are {known}.")
    batch.format, batch.personal = format, personal
    batch.columns = {ours: theirs for ours, theirs in (columns or {}).items() if theirs}


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
        raise _unkept(problem) from problem
    except ImportRefused:
        _discard(target)
        raise
    return size, digest.hexdigest()


def _unkept(problem: OSError) -> ImportRefused:
    return ImportRefused(
        f"file: it could not be kept ({problem.strerror}); free disk space and send it again."
    )


def _discard(target: Path) -> None:
    target.unlink(missing_ok=True)
    target.parent.rmdir()


def enqueue(batch: ImportBatch) -> None:
    """Have a worker run an import, unless one is about to."""
    job = app.configure_task(
        "annotation.import_file", queue="light", queueing_lock=f"import:{batch.uid}"
    )
    try:
        with transaction.atomic():
            job.defer(uid=str(batch.uid))
    except AlreadyEnqueued:
        return


def record(batch: ImportBatch, actor: Person | None, name: str, **detail: Any) -> None:
    """Write a deed of an import into the audit trail."""
    audit.record(
        actor=actor,
        action=f"import.{name}",
        project=batch.project,
        subject=f"import:{batch.uid}",
        **detail,
    )
