"""A health check from inside a container: `python -m config.operations.probe readyz|worker`.

Exits with 0 when all is well. It imports no Django: it runs every few seconds.
"""

from __future__ import annotations

import http.client
import os
import sys

import psutil

_SECONDS = 8.0


def web_is_ready(path: str) -> bool:
    """Whether the web server of this machine says so at that address."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", int(os.environ.get("PORT") or 8000), timeout=_SECONDS
    )
    try:
        connection.request("GET", f"/{path}")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def worker_is_alive() -> bool:
    """Whether a worker in this container holds a connection, which is how it hears of jobs.

    Whether its heart beats is for /readyz and /metrics to say, which ask the database.
    """
    for process in psutil.process_iter():
        try:
            if "procrastinate" in process.cmdline() and process.net_connections(kind="tcp"):
                return True
        except psutil.Error:
            continue
    return False


def main(words: list[str]) -> int:
    """What a container's health check calls."""
    if words == ["worker"]:
        return 0 if worker_is_alive() else 1
    if words in (["readyz"], ["healthz"]):
        return 0 if web_is_ready(words[0]) else 1
    sys.stderr.write("Say readyz, healthz or worker.\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
