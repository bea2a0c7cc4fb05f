"""PostgreSQL's own programs for dumping and restoring, of a version that fits the server."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from django.db import connection

from config.homes import CannotStart
from config.operations.archives import BackupError
from config.postgres_data import server_programs

_NAMES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def programs_for(major: int) -> Path:
    """The folder of `pg_dump`, `pg_restore` and `psql`; the oldest version that reads the server.

    Raises BackupError where every one that is there is older than the server.
    """
    places = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/pg_dump")]
    if found := shutil.which("pg_dump"):
        places.append(Path(found).parent)
    with contextlib.suppress(CannotStart):
        places.append(server_programs())
    fitting = {_major(place): place for place in reversed(places) if _major(place) >= major}
    if not fitting:
        raise BackupError(
            f"The database is PostgreSQL {major} and no pg_dump here is that new: "
            "install its client programs (postgresql-client) and see that they are on PATH."
        )
    return fitting[min(fitting)]


def _major(place: Path) -> int:
    if not all((place / name).exists() for name in ("pg_dump", "pg_restore", "psql")):
        return 0
    try:
        said = subprocess.run([str(place / "pg_dump"), "-V"], capture_output=True, text=True)
    except OSError:
        return 0
    number = re.search(r"\) (\d+)", said.stdout)
    return int(number[1]) if number else 0


def server_major() -> int:
    """The server's major version."""
    connection.ensure_connection()
    return int(connection.pg_version) // 10000


def environment() -> dict[str, str]:
    """The environment by which those programs find our database; nothing of it shows in `ps`."""
    parameters: dict[str, Any] = connection.get_connection_params()
    given = {name: str(parameters[key]) for key, name in _NAMES.items() if parameters.get(key)}
    return {**os.environ, **given, "PGAPPNAME": "accord backup", "PGCLIENTENCODING": "UTF8"}
