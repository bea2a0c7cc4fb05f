"""Another PostgreSQL than the embedded one, for the tests that reach the database; also the pytest
plugin that picks those.

Takes the server programs that lie on this machine (a distribution's package), version 15 or later,
and runs them over a throw-away folder on a TCP port.
"""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from config.database import OLDEST_SERVER
from config.postgres_account import choose_account

_SECONDS_TO_START = 30.0
_TESTS = Path(__file__).resolve().parent
_FIXTURES = {"db", "transactional_db", "django_db_setup"}


_CLOSE = (
    *("annotation/test_assigning", "annotation/test_judging", "annotation/test_finding"),
    *("annotation/test_valuing", "annotation/test_changing_overlap", "annotation/test_importing"),
    *("annotation/test_own_work", "annotation/pay", "exports/test_tables"),
    *("labelers/test_audit", "labelers/test_limiting"),
    *("labelers/trail", "labelers/webhooks", "training/test_erasing", "test_migrations"),
)
"""Tests of what an older server could do otherwise: SQL of our own, triggers, locks, COPY."""
_OF_PROCESSES = "kill"
"""In the names of tests of processes that die, which is the same over any server."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that are close to the server."""
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        place = item.path.relative_to(_TESTS).as_posix()
        reaches = item.get_closest_marker("django_db") or _FIXTURES & set(
            getattr(item, "fixturenames", ())
        )
        close = place.startswith(_CLOSE) and _OF_PROCESSES not in item.name
        (kept if reaches and close else dropped).append(item)
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept


def _version(programs: Path) -> int:
    try:
        done = subprocess.run([str(programs / "postgres"), "-V"], capture_output=True, text=True)
    except OSError:
        return 0
    found = re.search(r"\) (\d+)", done.stdout)
    return int(found[1]) if found else 0


def programs_on_this_machine() -> Path | None:
    """The folder of the newest server programs outside the virtual environment, if any will do."""
    places = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if named := shutil.which("initdb"):
        places.append(Path(named).resolve().parent)
    fitting = [place for place in places if _version(place) >= OLDEST_SERVER]
    return max(fitting, key=_version, default=None)


@contextmanager
def running_server(programs: Path) -> Iterator[str]:
    """Run those programs over a throw-away folder; yields a DATABASE_URL of a fresh superuser."""
    top = Path(tempfile.mkdtemp(prefix="accord-second-"))
    top.chmod(0o711)
    account = choose_account(program=programs / "postgres", folder=top)
    data, password, secret = top / "data", top / "password", secrets.token_urlsafe(12)
    data.mkdir(mode=0o700)
    password.write_text(secret)
    account.own(data)
    account.own(password)
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", "tester", "-A", "scram-sha-256"]
    initdb += [f"--pwfile={password}", "--encoding=UTF8", "--no-locale", "--no-sync"]
    subprocess.run(account.command(initdb), check=True, capture_output=True, cwd="/")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-F"]
    server += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    process = subprocess.Popen(
        account.command(server, parent=os.getpid(), signal=int(signal.SIGQUIT)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    url = f"postgresql://tester:{secret}@127.0.0.1:{port}"
    try:
        _wait_until_it_answers(f"{url}/postgres")
        yield f"{url}/accord"
    finally:
        process.terminate()
        if _outlives(process):
            process.kill()
            process.wait()
        shutil.rmtree(top, ignore_errors=True)


def _wait_until_it_answers(url: str) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _outlives(process: "subprocess.Popen[bytes]") -> bool:
    # SIGTERM lets it wait for its clients, which are gone.
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        return True
    return False
