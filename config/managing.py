"""`./run manage ...`: one of Django's commands, over the running database or one that runs for it.

The embedded server that a command starts for itself serves other commands too, and stops when the
last has ended.
"""

import os
import signal
import subprocess
import sys
import time

import psycopg

from config.database import given_url
from config.embedded_postgres import EmbeddedPostgres
from config.homes import ROOT, CannotStart, FileLock, home_folder, make_home
from config.launching import command

_SECONDS_FOR_THE_OWNER = 60.0


def manage(words: list[str]) -> int:
    """Run `manage.py` with these words and return its exit status. Raises CannotStart."""
    home = home_folder()
    os.environ["ACCORD_HOME"] = str(home)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if given_url() or not words or words[0] in ("help", "--help", "version", "--version"):
        return _call(words)
    make_home(home)
    users = FileLock(home / "users.lock")
    users.acquire(shared=True, wait=True)
    server = EmbeddedPostgres(home, say=lambda line: print(line, file=sys.stderr, flush=True))
    if not server.acquire():
        _wait_until_it_answers(server)
        return _call(words)
    try:
        server.start()
        return _call(words)
    finally:
        users.release()
        if not users.acquire():
            print("Another command still uses the database; waiting for it", file=sys.stderr)
            users.acquire(wait=True)
        server.stop()
        users.release()


def _call(words: list[str]) -> int:
    program = [sys.executable, str(ROOT / "manage.py"), *words]
    process = subprocess.Popen(
        command(program, parent=os.getpid(), signal=int(signal.SIGTERM)),
        env={**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "config.settings"},
    )
    # The terminal sends Ctrl-C to the command itself; it decides what that means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
    code = process.wait()
    return code if code >= 0 else 128 - code


def _wait_until_it_answers(server: EmbeddedPostgres) -> None:
    """The owner of the database may be starting it at this moment."""
    deadline = time.monotonic() + _SECONDS_FOR_THE_OWNER
    while True:
        try:
            psycopg.connect(server.conninfo(), connect_timeout=5).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"The database of process {server.lock.note()} does not answer: "
                    "stop that Accord, then start again."
                ) from error
        time.sleep(0.2)
