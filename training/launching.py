"""Starts a trainer as a process of its own, and reads what it left in its log.

The trainer is detached: it outlives the worker that started it. It gets what training needs of the
environment and none of the web side's secrets.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from training.run_dir import RunDir

SECRETS = ("DATABASE_URL", "ACCORD_SECRET_KEY", "DJANGO_SETTINGS_MODULE")
LOG_TAIL_BYTES = 64 * 1024
EXIT_NOT_UNDERSTOOD = 2
"""What argparse ends with: the same command line would be refused at every other start."""


def start_trainer(folder: RunDir, *, module: str, check: bool = False) -> subprocess.Popen[bytes]:
    """Run ``python -m MODULE RUN`` in a session of its own, its output appended to the log.

    With `check` it is told ``--check``: to look at data and model, and to train nothing.
    """
    environment = {key: value for key, value in os.environ.items() if key not in SECRETS}
    environment |= {"HF_HUB_DISABLE_TELEMETRY": "1", "PYTHONUNBUFFERED": "1"}
    environment.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # pages are served beside it
    with open(folder.log_path, "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, str(folder.path), *(["--check"] if check else [])],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def ask_to_leave(folder: RunDir) -> None:
    """SIGTERM to the trainer at work, if one is: it writes a checkpoint and exits (preempted)."""
    pid = folder.trainer_pid()
    if pid is not None and folder.is_locked():
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            return


def log_tail(path: Path, *, lines: int) -> list[str]:
    """The last lines of a log, at most 64 KiB of them; progress bars count as their last state."""
    try:
        with open(path, "rb") as handle:
            size = handle.seek(0, os.SEEK_END)
            handle.seek(max(0, size - LOG_TAIL_BYTES))
            text = handle.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    found = [line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in text.split("\n")]
    return [line for line in found if line][-lines:]


def death_sentence(folder: RunDir, *, starts: int, status: int | None) -> str:
    """One sentence about a trainer that ended without a word, for the run's page."""
    last = " / ".join(log_tail(folder.log_path, lines=3))[-600:]
    words = f"the last lines of its log are: {last}" if last else "its log is empty"
    if status == EXIT_NOT_UNDERSTOOD:
        return (
            f"The trainer refused its command line (exit code {status}); {words}."
            " Read the log, and start a new run."
        )
    how = "was killed or crashed"
    if status is not None and status < 0:
        how = f"was ended by signal {-status} ({signal.Signals(-status).name})"
        if -status == signal.SIGKILL:
            how += ", often a lack of memory"
    elif status is not None:
        how = f"ended with exit code {status}"
    return (
        f"The trainer {how} {starts} times without reaching a new checkpoint; {words}."
        " Read the log, correct the settings, and resume."
    )
