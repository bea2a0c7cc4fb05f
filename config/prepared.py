"""Whether a home was prepared by just this checkout, so that the next start may skip it.

Compares what preparing depends on (migrations, static files, locked packages, the database) with
what was noted when it last succeeded. `prepare` does it in a process of its own, which is
`config.preparing`.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg

from config.children import last_line, rotate
from config.homes import ROOT, CannotStart
from config.launching import command

_WATCHED = ("*/migrations/*.py", "*/static/**/*", "*/locale/**/*", "requirements.lock")


def _note(home: Path) -> Path:
    return home / "prepared.json"


def _files() -> str:
    """A digest of the watched files' names, sizes and times: reading them all would take longer."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _WATCHED for path in ROOT.glob(pattern)):
        about = path.stat()
        digest.update(f"{path.relative_to(ROOT)} {about.st_size} {about.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _database(conninfo: str) -> str:
    """The database's own name for itself and how many migrations it has; empty when it has none."""
    try:
        with psycopg.connect(conninfo) as connection:
            row = connection.execute(
                "SELECT current_database(), oid, (SELECT count(*) FROM django_migrations)"
                " FROM pg_database WHERE datname = current_database()"
            ).fetchone()
    except psycopg.Error:
        return ""
    return " ".join(map(str, row or ()))


def _state(home: Path, conninfo: str) -> dict[str, object]:
    collected = (home / "static" / "staticfiles.json").exists()
    return {"files": _files(), "database": _database(conninfo), "collected": collected}


def is_prepared(home: Path, conninfo: str) -> bool:
    """Whether nothing has changed since `note_prepared`."""
    try:
        noted = json.loads(_note(home).read_text())
    except (OSError, ValueError):
        return False
    state = _state(home, conninfo)
    return bool(state["database"]) and noted == state


def note_prepared(home: Path, conninfo: str) -> None:
    """Remember that the home was prepared as things are now."""
    fresh = _note(home).with_suffix(".new")
    fresh.write_text(json.dumps(_state(home, conninfo)))
    fresh.replace(_note(home))


def prepare(
    home: Path,
    *,
    environ: Mapping[str, str],
    say: Callable[[str], object],
    samples: bool = True,
) -> None:
    """Migrate and make what a first start makes, in a process that leaves its memory behind.

    `samples` is whether a new home begins with sample projects.
    Raises CannotStart with what it said last.
    """
    log = home / "logs" / "prepare.log"
    rotate(log)
    program = [sys.executable, "-m", "config.preparing", *([] if samples else ["--empty"])]
    # What it prints holds the passwords of a first start and is written nowhere.
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command(program, parent=os.getpid(), signal=int(signal.SIGTERM)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=ROOT,
            env=dict(environ),
            text=True,
        )
    with process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            for line in process.stdout:
                say(line.rstrip())
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise CannotStart(f"{last_line(log)} (see {log}).")
