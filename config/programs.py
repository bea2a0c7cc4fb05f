"""The command lines of a running Accord's processes, sized for the machine they run on."""

import os
import sys

HEADER_MS = 30_000
"""A client that takes longer to say what it wants is shown out."""


def web_processes() -> int:
    """Processes that answer requests: one computes at a time in each, and each takes 150 MB."""
    return int(os.environ.get("ACCORD_WEB_PROCESSES") or min(4, os.cpu_count() or 1))


def web_threads() -> int:
    """Requests at work in each at once: they wait for the database as much as they compute."""
    return 8


WAITING_THREADS = 256
"""Threads of each that may be held by clients who are slow to send; they cost nothing else."""


BACKGROUND_NICE = 5
"""By how much workers, and what they start, leave the processor to those who wait for a page."""


def programs(host: str, port: int) -> dict[str, list[str]]:
    """Name to command line: the web server and one worker for each queue, run in the checkout."""
    python = sys.executable
    granian = [python, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
    granian += ["--workers", str(web_processes()), "--blocking-threads", str(WAITING_THREADS)]
    granian += ["--no-ws", "--http", "1", "--http1-header-read-timeout", str(HEADER_MS)]
    granian += ["--workers-kill-timeout", "5", "--log-level", "warning", "config.web:application"]
    worker = [python, "manage.py", "procrastinate", "worker"]
    return {
        "web": granian,
        "light": [
            *[*worker, "--name=light", "--queues=light", "--concurrency=2"],
            "--shutdown-graceful-timeout=10",
        ],
        # A follower that is told to leave first waits for its trainer's checkpoint.
        "training": [
            *[*worker, "--name=training", "--queues=training", "--concurrency=1"],
            "--shutdown-graceful-timeout=1",
        ],
    }
