"""`./run manage backup TARGET`: everything into one file or folder, while Accord works."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.operations.archives import BackupError
from config.operations.backing_up import back_up


class Command(BaseCommand):
    help = "Write database and files into TARGET, a new folder or a file that ends in .tar."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, and whether models come along."""
        parser.add_argument("target", type=Path)
        parser.add_argument(
            "--with-models", action="store_true", help="the folder models too, which can be large"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the backup."""
        target = options["target"].expanduser()
        try:
            size = back_up(target=target, with_models=options["with_models"], say=self.stdout.write)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{target}: {size / 1024**2:.1f} MB. It holds secrets: keep it safe.")
