"""The statements of one real cycle, recorded, as a script for pgbench: the database's own limit.

Run as a program over the database of the environment (`... SLUG SESSION`) it submits an answer and
takes the next item through the whole site in this process, and prints what was asked as JSON.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

from bench.labeling_client import SignedIn
from config.homes import ROOT
from config.postgres_data import server_programs
from config.supervising import Supervisor

_VARIABLES = {
    "person": ":person",
    "assignment": ":l_id",
    "client_id": "gen_random_uuid()",
    "uid": "gen_random_uuid()",
    "slot": ":l_slot",
    "priority": ":d_priority",
    "value": ":d_value",
    "since": ":d_since",
}
_NAMED = re.compile(r"%\((\w+)\)s")


def record(supervisor: Supervisor, slug: str, who: SignedIn) -> list[tuple[str, Any]]:
    """What one cycle asked of the database: statements and their values."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.labeling_statements", slug, who.session],
        env=supervisor.environment() | {"ACCORD_PROCESS": "worker"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [tuple(row) for row in json.loads(done.stdout.splitlines()[-1])]


def script(recorded: list[tuple[str, Any]], people: list[SignedIn]) -> str:
    """A transaction script in which each client is a labeler who takes an item and answers it."""
    by_role = {_role(statement): (statement, values) for statement, values in recorded}
    first, last = people[0].person, people[-1].person
    asking = ["session", "person", "seat", "BEGIN", "search", "lease"]
    answering = ["lock", "said", "store", "audit", "item", "COMMIT"]
    lines = [f"\\set person {first} + :client_id % {last - first + 1}"]
    for role in (*asking, *answering):
        if role in ("BEGIN", "COMMIT"):
            lines.append(f"{role};")
            continue
        lines.append(_filled(role, *by_role[role]))
    return "\n".join(lines) + "\n"


_SIGNS = (
    ("session", "FROM django_session"),
    ("audit", "labelers_auditevent"),
    ("store", "INSERT INTO annotation_judgment"),
    ("lease", "INSERT INTO annotation_assignment"),
    ("search", "WITH now_is"),
    ("item", "json_agg"),
    ("lock", "FOR UPDATE OF t, a"),
    ("said", "FROM annotation_judgment j"),
    ("seat", "annotation_projectsettings s"),
    ("person", "FROM labelers_person p"),
)


def _role(statement: str) -> str:
    flat = " ".join(statement.split())
    found = next((role for role, sign in _SIGNS if sign in flat), None)
    return found or f"other: {flat[:60]}"


_KEPT = {"seat": "d_", "lease": "l_"}


def _filled(role: str, statement: str, values: Any) -> str:
    task = {"search": ":d_task", "lease": ":t_id"}.get(role, ":l_task_id")

    def given(match: re.Match[str]) -> str:
        name = match[1]
        if name == "task":
            return task
        return _VARIABLES.get(name) or _literal(values[name])

    if isinstance(values, dict):
        text = _NAMED.sub(given, " ".join(statement.split()))
    else:
        text = " ".join(statement.split()) % tuple(_literal(value) for value in values or ())
    ends = {**_KEPT, "search": "t_"}
    return f"{text} \\gset {ends[role]}" if role in ends else f"{text};"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict):
        value = json.dumps(value)
    # A colon before a word would be a variable to pgbench.
    text = str(value).replace("\\", "\\\\").replace("'", "''").replace(":", "\\x3a")
    return f"E'{text}'"


def pgbench(
    supervisor: Supervisor, text: str, folder: Path, *, clients: int, seconds: int
) -> float:
    """Transactions a second of that script against the embedded server."""
    file = folder / "cycle.sql"
    file.write_text(text)
    from config.embedded_postgres import connection_parameters

    to = connection_parameters(supervisor.home)
    done = subprocess.run(
        [
            str(server_programs() / "pgbench"),
            *("-h", to["host"], "-p", to["port"], "-U", to["user"], "-n", "-M", "prepared"),
            *("-c", str(clients), "-j", "1", "-T", str(seconds), "-f", str(file), to["dbname"]),
        ],
        env={"PGPASSWORD": to["password"], "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None or done.returncode != 0:
        raise RuntimeError(f"pgbench: {done.stderr[:600]}")
    return float(found[1])


def main(slug: str, session: str) -> None:
    """Take an item, answer it, and print what the answer asked of the database."""
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    client = Client(HTTP_HOST="localhost")
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    base = f"/api/v1/projects/{slug}/labeling/"
    kind = "application/json"
    item = client.post(f"{base}next/", {}, content_type=kind).json()["item"]
    recorded: list[tuple[str, Any]] = []

    def note(execute: Any, sql: Any, values: Any, many: bool, context: Any) -> Any:
        recorded.append((sql, values))
        return execute(sql, values, many, context)

    answer = {"choice": "a", "strength": "better"}
    for _ in range(3):
        body = {
            "assignment": item["assignment"],
            "client_id": str(uuid.uuid4()),
            "answer": answer,
            "holding": [],
        }
        recorded.clear()
        with connection.execute_wrapper(note):
            item = client.post(f"{base}judgments/", body, content_type=kind).json()["item"]
    print(json.dumps(recorded, default=_plain))


def _plain(value: Any) -> Any:
    return value.obj if hasattr(value, "obj") else str(value)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
