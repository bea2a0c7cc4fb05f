"""`./run manage restore SOURCE`: a backup back into a home and database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.operations.archives import BackupError
from config.operations.restoring import restore


class Command(BaseCommand):
    help = "Put the backup SOURCE back into an empty home and database."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Where from, and whether what is there may go."""
        parser.add_argument("source", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="in the place of the data that are there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Put it back."""
        try:
            notes = restore(
                source=options["source"].expanduser(),
                replace=options["replace"],
                say=self.stdout.write,
            )
        except BackupError as error:
            raise CommandError(str(error)) from error
        for note in notes:
            self.stdout.write(note)
        self.stdout.write("Restored. The next start brings it up to date where that is needed.")
