"""One process that the supervisor keeps alive: its program, its log file, its restarts.

Knows nothing of what the process is. A child leads a process group of its own, so that Ctrl-C
reaches the supervisor alone and nothing a child started outlives it; on Linux it is told to leave
when the supervisor is killed.
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from config.homes import ROOT
from config.launching import command

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_SECONDS_OF_HEALTH = 10.0
_KEPT_LOGS = 3
_MOST_LOG_BYTES = 64 * 1024 * 1024
_ALARMING = re.compile(r"\b(ERROR|CRITICAL)\b")
_LINES_AT_ONCE = 5
_MOST_OF_A_LINE = 300


class Patience:
    """How long to wait before a process that died is started again.

    Not at all after a life in health; else longer each time, so that what cannot live is no load.
    """

    def __init__(self) -> None:
        self._next = _FIRST_PAUSE

    def pause(self, lived: float) -> float:
        """Seconds to wait after a life of so many seconds."""
        if lived > _SECONDS_OF_HEALTH:
            self._next = _FIRST_PAUSE
            return 0.0
        now, self._next = self._next, min(2 * self._next, _LONGEST_PAUSE)
        return now


class Child:
    """A process by name; `start` it, then call `watch` now and then."""

    def __init__(
        self,
        name: str,
        program: list[str],
        *,
        log: Path,
        environ: dict[str, str],
        nice: int | None = None,
    ) -> None:
        self.name = name
        self.program = program
        self.log = log
        self.environ = environ
        self.nice = nice
        self.process: subprocess.Popen[bytes] | None = None
        self._patience = Patience()
        self._started = 0.0
        self._due: float | None = None
        self._shown = 0

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._shown = log.tell()
            self.process = subprocess.Popen(
                command(
                    self.program, parent=os.getpid(), signal=int(signal.SIGTERM), nice=self.nice
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=self.environ,
                start_new_session=True,
            )
        self._started = time.monotonic()
        self._due = None

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def watch(self, say: Callable[[str], object]) -> bool:
        """Tell of errors in the log and start a dead process again; True when it did the latter."""
        for line in self.new_alarms():
            say(f"{self.name}: {line}")
        if trim(self.log):
            self._shown = 0
        if self.process is None or self.process.poll() is None:
            return False
        now = time.monotonic()
        if self._due is None:
            # What it started must not hold the port or the queue against its successor.
            self.signal(signal.SIGKILL)
            pause = self._patience.pause(now - self._started)
            when = f"in {pause:g} s" if pause else "at once"
            how = _how_it_ended(self.process.returncode)
            say(f"{self.name} {how}; starting it again {when} (see {self.log})")
            self._due = now + pause
        if now < self._due:
            return False
        self.start()
        return True

    def signal(self, number: int) -> None:
        """Send a signal to the process and everything it started."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except (ProcessLookupError, PermissionError):
                # macOS says EPERM of a group whose members have all ended.
                return

    def terminate(self) -> None:
        """Ask the process to leave; what it started is its own to end."""
        if self.is_running() and self.process is not None:
            self.process.terminate()

    def wait(self, seconds: float) -> bool:
        """Whether the process has ended within the time."""
        if self.process is None:
            return True
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def new_alarms(self) -> list[str]:
        """The lines of errors written to the log since the last call, the first few of them."""
        try:
            with self.log.open("rb") as log:
                log.seek(self._shown)
                new = log.read(1 << 20)
        except OSError:
            return []
        whole = new[: new.rfind(b"\n") + 1]
        self._shown += len(whole)
        lines = whole.decode(errors="replace").splitlines()
        alarms = [line[:_MOST_OF_A_LINE] for line in lines if _ALARMING.search(line)]
        return alarms[:_LINES_AT_ONCE]


def _how_it_ended(code: int) -> str:
    if code < 0:
        return f"was killed ({signal.Signals(-code).name})"
    return f"ended with exit code {code}"


def last_line(log: Path) -> str:
    """The last line of a log, for a sentence about why its process ended."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    said = [line.strip() for line in lines if line.strip()]
    return said[-1].rstrip(".") if said else "it said nothing"


def rotate(log: Path) -> None:
    """Start a fresh log file, keeping the last few."""
    for number in range(_KEPT_LOGS - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))


def trim(log: Path) -> bool:
    """Move what a log holds aside when that is too much; True when it did.

    Its writers append, so they go on at the new end. Lines of the moment between may be lost, and
    all of them where the disk is full.
    """
    try:
        if log.stat().st_size <= _MOST_LOG_BYTES:
            return False
        try:
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        except OSError:
            log.with_name(f"{log.name}.1").unlink(missing_ok=True)
        os.truncate(log, 0)
    except OSError:
        return False
    return True
