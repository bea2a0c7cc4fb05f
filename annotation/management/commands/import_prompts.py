"""Import a file of prompts from the shell, with progress, and say what was wrong by line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation import importing
from annotation.models import ImportBatch
from annotation.readers.catalog import READERS
from labelers.models import Project

ASK_PEOPLE = {"unjudged": None, "yes": True, "no": False}


class Command(BaseCommand):
    help = "Import prompts, responses and judgments made elsewhere into a project."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to import, where, and how strictly."""
        parser.add_argument("file", type=Path, help=".jsonl, .jsonl.gz or .parquet")
        parser.add_argument("--project", required=True, help="the project's slug")
        parser.add_argument("--format", choices=list(READERS), default="accord")
        parser.add_argument("--source", default="", help="name of the responses' source")
        parser.add_argument("--skip-bad", action="store_true", help="keep the good rows")
        parser.add_argument("--no-tasks", action="store_true", help="store prompts only")
        parser.add_argument(
            "--ask-people",
            choices=list(ASK_PEOPLE),
            default="unjudged",
            help="which items labelers are asked about; without it, those without judgments",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the file in this process."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            known = ", ".join(Project.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"--project: no project {options['project']!r}; there are: {known}.")
        try:
            with options["file"].open("rb") as file:
                batch = importing.receive_file(
                    project=project,
                    file=file,
                    file_name=options["file"].name,
                    format=options["format"],
                    source=options["source"],
                    skip_bad=options["skip_bad"],
                    make_tasks=not options["no_tasks"],
                    ask_people=ASK_PEOPLE[options["ask_people"]],
                    created_by=None,
                    in_background=False,
                )
        except OSError as problem:
            raise CommandError(f"{options['file']}: {problem.strerror}.") from problem
        except importing.ImportRefused as problem:
            raise CommandError(str(problem)) from problem
        batch = importing.run_import(uid=str(batch.uid), on_progress=self._tell)
        self.stderr.write("")
        for problem in batch.problems:
            field = f"{problem['field']} " if problem["field"] else ""
            self.stderr.write(f"line {problem['line']}: {field}{problem['problem']}")
        if batch.state == ImportBatch.State.FAILED:
            raise CommandError(batch.error)
        counts = ", ".join(f"{count} {name}" for name, count in batch.counts.items())
        self.stdout.write(f"{batch.rows_total} rows, {batch.rows_bad} bad; new: {counts}")

    def _tell(self, batch: ImportBatch) -> None:
        done = f"{batch.rows_done} of {batch.rows_total}" if batch.rows_total else "checking"
        self.stderr.write(f"\r{batch.get_state_display()}: {done} rows", ending="")
