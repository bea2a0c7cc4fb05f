"""Make a home ready to serve: static files collected, first people and sample projects made.

Runs at every start and does only what is missing. `--empty` leaves out the sample projects.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from annotation import first_start


class Command(BaseCommand):
    help = "Collect static files and make the first people and the sample projects, if missing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether to begin with samples."""
        parser.add_argument("--empty", action="store_true", help="make no sample projects")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare the home that the settings name."""
        self._collect_static()
        with transaction.atomic():
            passwords = first_start.make_first_people()
            if passwords and not options["empty"]:
                first_start.make_sample_projects()
        if passwords:
            self.stdout.write("Sign in as (shown only now; ./run manage changepassword NAME):")
            for name, password in passwords.items():
                self.stdout.write(f"  {name:<10} {password}")

    def _collect_static(self) -> None:
        """Collect the static files when any of them is new, changed or gone."""
        digest = hashlib.sha256()
        for finder in get_finders():
            for path, storage in finder.list([]):
                digest.update(f"{path} {storage.get_modified_time(path)}\n".encode())
        stamp = settings.STATIC_ROOT / "collected"
        if stamp.exists() and stamp.read_text() == digest.hexdigest():
            return
        call_command("collectstatic", "--noinput", "--clear", verbosity=0)
        stamp.write_text(digest.hexdigest())
