"""A throw-away Accord for measurements: its folder, its server, and an end that leaves nothing."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.contract import progress
from config.supervising import Supervisor


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder, gone at the end."""
    made = Path(tempfile.mkdtemp(prefix="accord-bench-"))
    # PostgreSQL runs as another account when root runs the benchmark.
    made.chmod(0o711 if os.geteuid() == 0 else 0o700)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def served() -> Iterator[tuple[Supervisor, str]]:
    """A running Accord without samples, and its admin's password."""
    said: list[str] = []
    with folder() as made:
        supervisor = Supervisor(
            made / "home", port=0, database_url="", samples=False, say=said.append
        )
        heed_signals(supervisor)
        try:
            progress("starting a throw-away server")
            supervisor.start()
            yield supervisor, password_of("admin", said)
        finally:
            supervisor.stopping = True
            supervisor.stop()


def heed_signals(supervisor: Supervisor) -> None:
    """Make the first Ctrl-C or SIGTERM end the work in order, and a second one hurry."""

    def leave(number: int, frame: object) -> None:
        if supervisor.stopping:
            supervisor.hurry = True
            return
        supervisor.stopping = True
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def password_of(name: str, lines: list[str]) -> str:
    """The password that a first start printed for ``name``; raises LookupError without one."""
    for line in lines:
        words = line.split()
        if words[:1] == [name] and len(words) == 2:
            return words[1]
    raise LookupError(f"The first start printed no password for {name}.")
