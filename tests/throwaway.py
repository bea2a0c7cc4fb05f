"""A home and a database for one test run: made before Django's settings are read, gone afterwards.

DATABASE_URL is used when it is set; otherwise an embedded PostgreSQL starts in the home. Processes
that tests start find both through the environment.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from config.embedded_postgres import EmbeddedPostgres
from config.homes import make_home

_cleanups: list[Callable[[], None]] = []


def provided() -> bool:
    """Whether `provide` has run in this process."""
    return bool(_cleanups)


def provide() -> Path:
    """Make the home, start the database if none is given, and point the environment at both."""
    top = Path(tempfile.mkdtemp(prefix="accord-tests-"))
    # PostgreSQL runs as another account when root runs the tests.
    top.chmod(0o711)
    home = top / "home"
    make_home(home)
    server = EmbeddedPostgres(home, durable=False)
    _cleanups.append(lambda: shutil.rmtree(top, True))
    atexit.register(remove)
    os.environ["ACCORD_HOME"] = str(home)
    if not os.environ.get("DATABASE_URL"):
        server.start()
        _cleanups.append(lambda: server.stop(at_once=True))
        os.environ["DATABASE_URL"] = server.conninfo()
    return home


def remove() -> None:
    """Stop and delete what `provide` made; may be called twice."""
    while _cleanups:
        _cleanups.pop()()
