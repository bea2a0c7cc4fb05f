"""Accord's trainers as people start them, measured from outside: seconds, memory, figures."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.run_dir import EXIT_DONE, EXIT_STOPPED, RunDir

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Ran:
    """A run that ended: its folder, the most memory its process held, the seconds it took."""

    run: RunDir
    peak_mb: float
    seconds: float

    def metrics(self, phase: str) -> list[dict[str, Any]]:
        """The figures of every line of a phase, each with its step and the time it was written."""
        lines, _ = self.run.read_progress()
        return [
            line["metrics"] | {"step": line["step"], "time": line["time"]}
            for line in lines
            if line["phase"] == phase
        ]


def run_trainer(
    trainer: str, folder: Path, settings: Mapping[str, Any], *, minutes: float = 0.0
) -> Ran:
    """Run a trainer to its end, or ask it to stop after so many minutes.

    Raises RuntimeError with its own sentence where it fails.
    """
    words = [sys.executable, "-m", f"training.trainers.{trainer}", str(folder)]
    for name, value in settings.items():
        words += [f"--{name}", str(value)]
    began, run = time.monotonic(), RunDir(folder)
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    # Not Popen.wait: the kernel tells the memory of a process to who collects it.
    process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=sys.stderr)
    used = _collected(process, run, began + 60 * minutes if minutes else None)
    if process.returncode not in (EXIT_DONE, EXIT_STOPPED):
        raise RuntimeError(f"{trainer} failed: {run.error() or 'its reason stands above'}")
    return Ran(run, used / 1024, time.monotonic() - began)


def _collected(process: subprocess.Popen[bytes], run: RunDir, deadline: float | None) -> int:
    """Wait for a process; the most memory it held in KiB."""
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_maxrss
        if deadline is not None and time.monotonic() > deadline and not run.stop_requested():
            run.request_stop()
        time.sleep(0.05)
