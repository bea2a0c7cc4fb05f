"""An Accord to break: its people, its work, and the ways in which its parts are killed.

Everything is made over HTTP, as people would; only killing and looking afterwards go past it.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench.visitor import Visitor
from config.supervising import Supervisor

KILLS = ("web", "web's worker", "light worker", "database", "database connection")


@dataclass
class Site:
    """A running Accord with its admin; ``labelers`` are signed in to the project ``slug``."""

    supervisor: Supervisor
    admin: Visitor
    slug: str
    labelers: list[Visitor]

    @property
    def conninfo(self) -> str:
        """For looking at the database."""
        return self.supervisor.url or self.supervisor.database.conninfo()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database says."""
        with psycopg.connect(self.conninfo) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def kill(self, what: str) -> None:
        """End one of `KILLS` by SIGKILL."""
        pid = {
            "web": lambda: self._child("web"),
            "web's worker": lambda: psutil.Process(self._child("web")).children()[0].pid,
            "light worker": lambda: self._child("light"),
            "database": self._postmaster,
            "database connection": self._backend,
        }[what]()
        os.kill(pid, signal.SIGKILL)

    def wait_until_alive(self, seconds: float = 60.0) -> float:
        """Wait until every process lives and the site says it is ready; the seconds that took."""
        began = time.monotonic()
        while not self.is_ready():
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"The site is not back after {seconds:g} s.")
            time.sleep(0.05)
        return time.monotonic() - began

    def is_ready(self) -> bool:
        """Whether all processes run and the readiness probe says yes."""
        lives = all(child.is_running() for child in self.supervisor.children)
        if not lives or not self.supervisor.database.is_running():
            return False
        try:
            answer = self.admin.session.get(f"{self.admin.address}/readyz", timeout=10)
        except OSError:
            return False
        return answer.status_code == 200

    def _child(self, name: str) -> int:
        child = next(child for child in self.supervisor.children if child.name == name)
        if child.process is None or not child.is_running():
            raise ProcessLookupError(f"{name} does not run")
        return child.process.pid

    def _postmaster(self) -> int:
        process = self.supervisor.database.process
        if process is None:
            raise ProcessLookupError("the database does not run")
        return process.pid

    def _backend(self) -> int:
        """A connection's process: when one dies, PostgreSQL ends all and recovers."""
        query = (
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
        )
        return int(self.rows(query)[0][0])


def pairs(count: int, *, start: int = 0) -> Iterator[dict[str, Any]]:
    """Rows of prompts with two responses each."""
    for number in range(start, start + count):
        yield {
            "prompt": [{"role": "user", "content": f"What follows the number {number}?"}],
            "responses": [
                {"text": f"{number + 1} follows it.", "source": "counting"},
                {"text": f"Nothing follows {number}, I think.", "source": "doubting"},
            ],
        }


def write_pairs(path: Path, count: int, *, start: int = 0) -> Path:
    """The same as a file."""
    with path.open("w") as file:
        for row in pairs(count, start=start):
            file.write(json.dumps(row) + "\n")
    return path


def make_site(
    supervisor: Supervisor, password: str, *, tasks: int, people: int, overlap: int = 3
) -> Site:
    """A pairwise project of so many tasks and its labelers, in a running Accord."""
    admin = Visitor(supervisor.address)
    admin.sign_in("admin", password)
    slug = "faults"
    settings = {"name": "Faults", "slug": slug, "kind": "pairwise"}
    admin.post("projects/", {**settings, "overlap": overlap, "gold_rate": 0})
    batch = import_pairs(admin, slug, supervisor.home.parent / "pairs.jsonl", tasks)
    wait_for(lambda: import_state(admin, slug, batch) in ("done", "failed"))
    asked = {"role": "labeler", "max_uses": people}
    link = admin.post(f"projects/{slug}/invitations/", asked)["link"]
    labelers = []
    for number in range(people):
        visitor = Visitor(supervisor.address)
        visitor.sign_up(link, f"labeler-{number}", secrets.token_urlsafe(16))
        labelers.append(visitor)
    return Site(supervisor, admin, slug, labelers)


def import_pairs(admin: Visitor, slug: str, path: Path, count: int, *, start: int = 0) -> str:
    """Begin to import so many pairs; returns the import's uid."""
    write_pairs(path, count, start=start)
    made = admin.upload(f"projects/{slug}/imports/", path, {"format": "accord"})
    return str(made["uid"])


def import_state(admin: Visitor, slug: str, uid: str) -> str:
    """How far that import is."""
    return str(admin.get(f"projects/{slug}/imports/{uid}/")["state"])


def wait_for(done: Callable[[], bool], seconds: float = 120.0) -> float:
    """Wait until something holds; the seconds that took. Raises TimeoutError."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"It did not happen within {seconds:g} s.")
        time.sleep(0.05)
    return time.monotonic() - began
