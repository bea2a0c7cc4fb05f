"""Bring database and home up to date before anything is served: `python -m config.preparing`.

One process does both, because starting Django is most of the time it takes: migrations where some
are missing, then `manage.py prepare_home`.
"""

import os
import sys

import django
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from config.homes import disk_full_sentence, home_folder

# Two homes may share one server and start at once; any fixed number serves.
_LOCK = 4_170_223


def _migrate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            executor = MigrationExecutor(connection)
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if plan:
                print(f"Bringing the database up to date ({len(plan)} migrations)", flush=True)
                call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def main(words: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    try:
        _migrate()
        call_command("prepare_home", *words)
    except (CommandError, DatabaseError, OSError) as error:
        if "No space left on device" in str(error):
            sys.exit(disk_full_sentence(home_folder()))
        lines = [line for line in str(error).splitlines() if line.strip()]
        sys.exit(f"The home cannot be prepared: {lines[0] if lines else type(error).__name__}")


if __name__ == "__main__":
    main(sys.argv[1:])
