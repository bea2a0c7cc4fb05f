"""Running things at once, each in a thread with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from django.db import connection


def at_once(*jobs: Callable[[], object]) -> list[Exception]:
    """Run all `jobs` at once and return what they raised when the last one has ended."""
    errors: list[Exception] = []

    def run(job: Callable[[], object]) -> None:
        try:
            job()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads: Sequence[threading.Thread] = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors
