"""Whether this Accord can do its work: database, migrations, disk, workers.

Asked over a connection of its own, so that it tells the truth when the web's connections are all
taken, and at most once a second, because anybody may ask.
"""

from __future__ import annotations

import functools
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from labelers.jobs import STALLED_AFTER

CONNECT_SECONDS = 2
STATEMENT_MS = 2000
KEPT_SECONDS = 1.0


@dataclass(frozen=True)
class Check:
    """One thing looked at. What is not ``needed`` may be missing while pages are answered."""

    ok: bool
    says: str
    needed: bool = True


@dataclass(frozen=True)
class Health:
    """What all checks found."""

    checks: dict[str, Check]

    @property
    def is_ready(self) -> bool:
        """Whether requests should be sent here."""
        return all(check.ok for check in self.checks.values() if check.needed)

    def as_dict(self) -> dict[str, Any]:
        """For a probe."""
        fine = all(check.ok for check in self.checks.values())
        status = "ok" if fine else "degraded" if self.is_ready else "unavailable"
        checks = {name: asdict(check) for name, check in self.checks.items()}
        return {"status": status, "checks": checks}


_looking = threading.Lock()
_kept: tuple[float, Health] | None = None


def health() -> Health:
    """What was found within the last second."""
    global _kept
    with _looking:
        if _kept is None or time.monotonic() - _kept[0] > KEPT_SECONDS:
            _kept = (time.monotonic(), look())
        return _kept[1]


def look() -> Health:
    """Look at everything now; takes at most a few seconds, whatever is broken."""
    checks = {}
    try:
        with own_connection() as database:
            checks["database"] = Check(True, "It answers.")
            checks["migrations"] = _migrations(database)
            checks["workers"] = _workers(database)
    except psycopg.Error:
        # What it says may name hosts, which is nobody's business here.
        reached = "database" in checks
        says = "It does not answer as it should." if reached else "It cannot be reached."
        checks["database"] = Check(False, says)
    checks["disk"] = _disk()
    return Health(checks)


@contextmanager
def own_connection() -> Iterator[psycopg.Connection[Any]]:
    """A connection to the database beside the web's pool, with a limit on every statement."""
    parameters = connection.get_connection_params()
    keep = ("dbname", "user", "password", "host", "port", "sslmode", "sslrootcert", "options")
    given = {name: parameters[name] for name in keep if parameters.get(name)}
    with psycopg.connect(**given, connect_timeout=CONNECT_SECONDS, autocommit=True) as own:
        own.execute(f"SET statement_timeout = {STATEMENT_MS}")
        yield own


@functools.cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    """What this code expects; without a database, from the files."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations or ())


def _migrations(database: psycopg.Connection[Any]) -> Check:
    applied = set(database.execute("SELECT app, name FROM django_migrations").fetchall())
    missing = len(_known_migrations() - applied)
    # More than this code knows is an upgrade under way, which it can work beside.
    return Check(not missing, f"{missing} are missing." if missing else "All are applied.")


def _workers(database: psycopg.Connection[Any]) -> Check:
    query = (
        "SELECT count(*) FROM procrastinate_workers"
        " WHERE last_heartbeat > now() - make_interval(secs => %s)"
    )
    row = database.execute(query, [STALLED_AFTER]).fetchone()
    alive = row[0] if row else 0
    # Without them answers are still taken; draining every web server would make it worse.
    return Check(alive > 0, f"{alive} alive.", needed=False)


def _disk() -> Check:
    try:
        free = shutil.disk_usage(settings.ACCORD_HOME).free
    except OSError:
        return Check(False, "The home cannot be read.")
    enough = free >= settings.DISK_RESERVE
    return Check(enough, f"{free // 1024**2} MB are free.")
