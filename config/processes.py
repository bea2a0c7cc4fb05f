"""Processes that are not our children: who works in a folder, whether they have ended, which one
was meant.

A process that has ended but whose parent does not collect it (a container's first process often
does not) counts as gone.
"""

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

_SECONDS_TO_VANISH = 2.0
"""How long a killed group is waited for; the dead that nobody collects would stay for ever."""


def postgres_processes_in(folder: Path) -> list[psutil.Process]:
    """PostgreSQL's live processes at work in `folder`: all have its data as working folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.name().startswith("postgres") and os.path.samefile(process.cwd(), folder):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def parent_of(process: psutil.Process) -> int | None:
    try:
        return int(process.ppid())
    except psutil.Error:
        return None


def is_gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_gone(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait for the processes to end; those that live on after the time."""
    deadline = time.monotonic() + seconds
    alive = [process for process in processes if not is_gone(process)]
    while alive and time.monotonic() < deadline:
        time.sleep(0.02)
        alive = [process for process in alive if not is_gone(process)]
    return alive


def end(processes: Iterable[psutil.Process], number: int) -> None:
    """Send a signal to those that still live."""
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def identity(pid: int) -> dict[str, float]:
    """What tells this process from a later one with the same number."""
    return {"pid": pid, "created": psutil.Process(pid).create_time()}


def end_group(known: dict[str, float]) -> None:
    """Kill the process group of a child whose supervisor was killed, if it is still that one."""
    pid = int(known["pid"])
    try:
        if abs(psutil.Process(pid).create_time() - known["created"]) > 1.0:
            return
    except psutil.NoSuchProcess:
        # Its leader is gone; while one of the group lives, the number goes to nobody else.
        pass
    deadline = time.monotonic() + _SECONDS_TO_VANISH
    try:
        os.killpg(pid, signal.SIGKILL)
        # The port is free when the last of them is gone.
        while time.monotonic() < deadline:
            os.killpg(pid, 0)
            time.sleep(0.02)
    except (ProcessLookupError, PermissionError):
        return
