"""A backup put back: checked as a whole first, the database in one transaction, then the files.

Into an empty home and database, or with `replace` in the place of what is there; then the files
that were there are kept aside. Nothing may serve meanwhile.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config.homes import FileLock
from config.operations import postgres_programs
from config.operations.archives import BackupError, Reader
from config.operations.backing_up import (
    DUMP,
    FILES,
    FORMAT,
    LEFT_OUT,
    MODELS,
    Say,
    fingerprint_of_key,
    last_line_of,
    rows_of_tables,
)

_HEAD_LINES = 40


def restore(*, source: Path, replace: bool = False, say: Say = lambda _: None) -> list[str]:
    """Put a backup back; returns sentences that whoever runs this should read.

    Raises:
        BackupError: the backup is damaged or newer than this Accord, the home or database has
            data and `replace` is off, or Accord runs in this home. Nothing was changed then.
    """
    with Reader(source) as reader:
        _check_manifest(reader)
        say("Checking the backup")
        reader.check(_percent(say))
        home = Path(settings.ACCORD_HOME)
        lock = FileLock(home / "lock")
        if not lock.acquire(note="restoring"):
            raise BackupError(f"Accord runs in {home}: stop it first.")
        try:
            return _put_back(reader, home, replace=replace, say=say)
        except OSError as error:
            raise BackupError(
                f"{home} could not be written ({error.strerror}): make room, then restore again "
                "with --replace."
            ) from error
        finally:
            lock.release()


def _put_back(reader: Reader, home: Path, *, replace: bool, say: Say) -> list[str]:
    had_tables, had_files = bool(_tables()), _own_files(home)
    if (had_tables or had_files) and not replace:
        what = "The database has tables" if had_tables else f"{home} has {had_files[0].name}"
        raise BackupError(f"{what}: restore into an empty home, or say --replace.")
    say("Restoring the database")
    _restore_database(reader, had_tables)
    with connection.cursor() as cursor:
        if rows_of_tables(cursor) != reader.manifest["rows"]:
            raise BackupError("The database does not hold the rows that were backed up.")
        _move_paths(cursor, reader.manifest["home"], str(home))
    notes = []
    if had_files:
        aside = home / f".replaced-{datetime.now(UTC):%Y%m%d-%H%M%S}"
        aside.mkdir(mode=0o700)
        for path in had_files:
            path.rename(aside / path.name)
        notes.append(f"What was there before lies in {aside}; delete it when it is not missed.")
    say("Restoring files")
    names = [name for name in reader.members if name.startswith(f"{FILES}/")]
    for name in names:
        reader.copy(name, home / PurePosixPath(name).relative_to(FILES))
    say(f"{len(names)} files")
    (home / "prepared.json").unlink(missing_ok=True)
    brings_key = f"{FILES}/secret_key" in reader.members
    if not brings_key and fingerprint_of_key() != reader.manifest["secret_key"]:
        notes.append(
            "The secret key is another than before: set ACCORD_SECRET_KEY to the former one, "
            "or nobody stays signed in and groups of people cannot be told any more."
        )
    notes += [f"Snapshot {uid} had no files when this was made." for uid in _missing(reader)]
    return notes


def _missing(reader: Reader) -> list[str]:
    return [str(uid) for uid in reader.manifest.get("missing", [])]


def _check_manifest(reader: Reader) -> None:
    manifest = reader.manifest
    if manifest.get("format") != FORMAT or DUMP not in reader.members:
        raise BackupError(f"{reader.source} was made by another Accord: restore it with that one.")
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations or ()}
    newer = [name for name in manifest["migrations"] if name not in known]
    if newer:
        raise BackupError(
            f"{reader.source} was made by a newer Accord ({newer[-1]} is not known here): "
            "install that version first."
        )
    if postgres_programs.server_major() < manifest["server"]:
        raise BackupError(
            f"{reader.source} comes from PostgreSQL {manifest['server']}, which is newer than "
            "the server here: use a server of that version."
        )


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        return connection.introspection.table_names(cursor)


def _own_files(home: Path) -> list[Path]:
    """What a restore would write over; a key that starting this command made does not count."""
    kept = LEFT_OUT | {MODELS}
    found = [path for path in sorted(home.iterdir()) if path.name[0] != "."]
    found = [path for path in found if path.name not in kept]
    others = [path for path in found if path.name != "secret_key" and not _is_empty(path)]
    return found if others else []


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _restore_database(reader: Reader, had_tables: bool) -> None:
    """One transaction: after a failure the database is as it was."""
    programs = postgres_programs.programs_for(postgres_programs.server_major())
    environ = postgres_programs.environment()
    connection.close()
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / DUMP
        reader.copy(DUMP, dump)
        words = [str(programs / "pg_restore"), "--no-owner", "--no-acl", "--file=-", str(dump)]
        makes = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        takes = subprocess.Popen(
            [str(programs / "psql"), "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", "-"],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        _pour(makes, takes, had_tables)


def _pour(makes: subprocess.Popen[bytes], takes: subprocess.Popen[bytes], had_tables: bool) -> None:
    assert makes.stdout  # noqa: S101 - pipes were asked for
    assert takes.stdin  # noqa: S101
    try:
        if had_tables:
            takes.stdin.write(b"DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n")
        _copy_statements(makes.stdout, takes.stdin)
        takes.stdin.close()
    except BrokenPipeError:
        # psql has left, and says why below.
        makes.kill()
    finally:
        makes.stdout.close()
    said = takes.stderr.read().decode(errors="replace") if takes.stderr else ""
    made = makes.stderr.read().decode(errors="replace") if makes.stderr else ""
    makes.wait()
    if takes.wait() != 0 or makes.returncode != 0:
        raise BackupError(f"The database was left as it was: {last_line_of(said or made)}.")


def _copy_statements(source: IO[bytes], target: IO[bytes]) -> None:
    for _ in range(_HEAD_LINES):
        line = source.readline()
        # Newer programs set what older servers do not know.
        if not line.startswith(b"SET transaction_timeout"):
            target.write(line)
    shutil.copyfileobj(source, target, 1024 * 1024)


def _move_paths(cursor: object, former: str, now: str) -> None:
    """Imports name their file with the home it lay in."""
    if former != now:
        cursor.execute(  # type: ignore[attr-defined]
            "UPDATE annotation_importbatch SET path = %s || substr(path, %s)"
            " WHERE starts_with(path, %s)",
            [now, len(former) + 1, f"{former}/"],
        )


def _percent(say: Say) -> Callable[[int, int], None]:
    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        if total and (percent := done * 100 // total) >= told + 25:
            told = percent
            say(f"{percent} % are checked")

    return tell
