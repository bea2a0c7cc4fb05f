"""Django's `migrate`, safe beside a site that works.

A migration that waits for a lock makes every request behind it wait too, so it gives up after some
seconds and tries again. What is not atomic (an index that is built concurrently) blocks nobody and
may wait, because giving up would leave an invalid index.
"""

from __future__ import annotations

import time
from typing import Any

from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

LOCK_SECONDS = 5
TRIES = 20
PAUSE_SECONDS = 3.0


class Command(DjangoCommand):
    """`./run manage migrate`."""

    def handle(self, *args: Any, **options: Any) -> None:
        self._alias = options["database"]
        for left in reversed(range(TRIES)):
            try:
                super().handle(*args, **options)
                return
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable) or not left:
                    raise
                self.stderr.write(
                    f"A table is in use; trying again in {PAUSE_SECONDS:g} s ({left} tries left)"
                )
            finally:
                self._limit_locks(0)
            time.sleep(PAUSE_SECONDS)

    def migration_progress_callback(
        self, action: str, migration: Any = None, fake: bool = False
    ) -> None:
        """Called by the executor before and after each migration."""
        if action in ("apply_start", "unapply_start"):
            self._limit_locks(LOCK_SECONDS if migration.atomic else 0)
        super().migration_progress_callback(action, migration, fake)

    def _limit_locks(self, seconds: int) -> None:
        connection = connections[self._alias]
        if connection.connection is not None and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = '{seconds}s'")
