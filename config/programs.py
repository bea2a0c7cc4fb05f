"""The command lines of a running Accord's processes, sized for the machine they run on."""

import os
import sys


def web_threads() -> int:
    """Threads that answer requests: they wait for the database more than they compute."""
    return min(24, max(8, 4 * (os.cpu_count() or 1)))


def programs(host: str, port: int) -> dict[str, list[str]]:
    """Name to command line: the web server and one worker for each queue, run in the checkout."""
    python = sys.executable
    granian = [python, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
    granian += ["--workers", "1", "--blocking-threads", str(web_threads()), "--no-ws"]
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
