"""A backup of everything: the database at one moment, then the files that it speaks of.

Files that count are made before the row that names them and never change afterwards, so files
copied after the dump hold all that the dump names, while the site goes on working. Left out is what
can be made again: logs, collected static files, the embedded server's own data and, unless asked
for, models.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from config.operations import postgres_programs
from config.operations.archives import BackupError, Writer

FORMAT = 1
DUMP = "database.dump"
FILES = "files"
LEFT_OUT = {"postgres", "logs", "static", "lock", "users.lock", "processes.json", "prepared.json"}
MODELS = "models"
_FORGOTTEN = ("accord_cache",)
"""Tables whose rows are worth nothing elsewhere. Workers are: a job at work refers to its own, and
by that one's silence is known to have been left."""

Say = Callable[[str], object]


def back_up(*, target: Path, with_models: bool = False, say: Say = lambda _: None) -> int:
    """Write a backup to a file that ends in .tar or to a new folder; returns its size in bytes.

    Raises:
        BackupError: the target is there, PostgreSQL's programs fail, or the disk is full.
    """
    try:
        with Writer(target) as writer:
            manifest = _dump(writer, say)
            size = sum(about["bytes"] for about in writer.members.values())
            size += _add_files(writer, with_models=with_models, say=say)
            manifest["missing"] = _missing(manifest["snapshots"], writer)
            for uid in manifest["missing"]:
                say(f"Snapshot {uid} is in the database, but its files are not there")
            writer.finish(manifest)
    except OSError as error:
        raise BackupError(
            f"{target} could not be written ({error.strerror}): make room or choose another place."
        ) from error
    return size


def fingerprint_of_key() -> str:
    """Tells one secret key from another and gives nothing of it away."""
    return hashlib.sha256(b"accord backup " + settings.SECRET_KEY.encode()).hexdigest()[:16]


def _dump(writer: Writer, say: Say) -> dict[str, Any]:
    """Add the database as of one moment; what the manifest says of that very moment."""
    programs = postgres_programs.programs_for(postgres_programs.server_major())
    file = writer.partial.with_name(f"{writer.partial.name}.dump")
    say("Dumping the database")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            (moment,) = cursor.fetchone()
            manifest = _manifest(cursor)
            words = [str(programs / "pg_dump"), "--format=custom", "--no-owner", "--no-acl"]
            words += ["--lock-wait-timeout=30s", f"--snapshot={moment}", f"--file={file}"]
            words += [f"--exclude-table-data={table}" for table in _FORGOTTEN]
            os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))
            done = subprocess.run(
                words, env=postgres_programs.environment(), capture_output=True, text=True
            )
        if done.returncode != 0:
            raise BackupError(f"pg_dump failed: {last_line_of(done.stderr)}.")
        writer.add(DUMP, file)
    finally:
        file.unlink(missing_ok=True)
    return manifest


def _manifest(cursor: Any) -> dict[str, Any]:
    cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
    migrations = [f"{app}.{name}" for app, name in cursor.fetchall()]
    cursor.execute("SELECT uid::text, digest FROM exports_snapshot WHERE state = 'done'")
    snapshots = dict(cursor.fetchall())
    return {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "server": postgres_programs.server_major(),
        "migrations": migrations,
        "snapshots": snapshots,
        "rows": rows_of_tables(cursor),
        "secret_key": fingerprint_of_key(),
        "home": str(settings.ACCORD_HOME),
    }


def rows_of_tables(cursor: Any) -> dict[str, int]:
    """How many rows each table has that a backup keeps."""
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " ORDER BY relname"
    )
    counts = {}
    for (table,) in cursor.fetchall():
        if table not in _FORGOTTEN:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
            counts[table] = cursor.fetchone()[0]
    return counts


def _add_files(writer: Writer, *, with_models: bool, say: Say) -> int:
    home = Path(settings.ACCORD_HOME)
    size = count = 0
    left_out = LEFT_OUT | (set() if with_models else {MODELS})
    for path in _files_of(home, left_out):
        # The backup itself may be written below the home.
        if writer.target in path.parents or path == writer.target:
            continue
        try:
            size += writer.add(f"{FILES}/{path.relative_to(home).as_posix()}", path)
        except FileNotFoundError:
            # A run has just removed an old checkpoint.
            continue
        count += 1
        if count % 500 == 0:
            say(f"{count} files, {size // 1024**2} MB")
    say(f"{count} files, {size // 1024**2} MB")
    return size


def _files_of(home: Path, left_out: set[str]) -> Iterator[Path]:
    """Files below the home; hidden ones are half-written."""
    for folder, folders, names in os.walk(home):
        top = Path(folder) == home
        folders[:] = sorted(
            name for name in folders if name[0] != "." and not (top and name in left_out)
        )
        for name in sorted(names):
            path = Path(folder) / name
            hidden = name[0] == "." or (top and name in left_out)
            if not hidden and path.is_file() and not path.is_symlink():
                yield path


def _missing(snapshots: dict[str, str], writer: Writer) -> list[str]:
    return [
        uid for uid in snapshots if f"{FILES}/snapshots/{uid}/manifest.json" not in writer.members
    ]


def last_line_of(said: str) -> str:
    """What a program said last, for a sentence about why it failed."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "it said nothing"
