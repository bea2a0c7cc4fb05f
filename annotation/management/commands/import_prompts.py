"""Import a file of prompts from the shell, with progress, and say what was wrong by line."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotation import importing
from annotation.intake import previewing
from annotation.models import ImportBatch
from annotation.readers.catalog import READERS
from annotation.readers.files import SUFFIXES
from labelers.models import Project

ASK_PEOPLE = {"unjudged": None, "yes": True, "no": False}
State = ImportBatch.State


def column(text: str) -> tuple[str, str]:
    """A field and the column it is taken from, as FIELD=COLUMN."""
    field, sign, name = text.partition("=")
    if not (field and sign and name):
        raise ArgumentTypeError(f"write FIELD=COLUMN, not {text!r}.")
    return field, name


class Command(BaseCommand):
    help = "Import prompts, responses and judgments made elsewhere into a project."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to import, where, and how strictly."""
        parser.add_argument("file", nargs="?", default="", help=", ".join(SUFFIXES))
        parser.add_argument("--project", required=True, help="the project's slug")
        parser.add_argument("--dataset", default="", help="the id of a data set instead of a file")
        parser.add_argument("--split", default="", help="of the data set; else train")
        parser.add_argument("--config", default="", help="of the data set")
        parser.add_argument("--revision", default="", help="of the data set")
        parser.add_argument("--format", choices=[importing.GUESS, *READERS], default="accord")
        parser.add_argument(
            "--column",
            type=column,
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help="the file's column for a field that is called otherwise there",
        )
        parser.add_argument("--source", default="", help="name of the responses' source")
        parser.add_argument("--skip-bad", action="store_true", help="keep the good rows")
        parser.add_argument("--no-tasks", action="store_true", help="store prompts only")
        parser.add_argument(
            "--personal",
            choices=ImportBatch.Personal.values,
            default=ImportBatch.Personal.KEEP.value,
            help="what becomes of rows with personal data",
        )
        parser.add_argument(
            "--ask-people",
            choices=list(ASK_PEOPLE),
            default="unjudged",
            help="which items labelers are asked about; without it, those without judgments",
        )
        parser.add_argument(
            "--preview", action="store_true", help="say what would come in, and store nothing"
        )
        for deed in ("pause", "resume", "cancel"):
            parser.add_argument(f"--{deed}", metavar="UID", default="", help=f"{deed} an import")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the file in this process."""
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            known = ", ".join(Project.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"--project: no project {options['project']!r}; there are: {known}.")
        try:
            batch = self._held(project, options) or self._received(project, options)
            if options["pause"] or options["cancel"]:
                self.stdout.write(f"{batch.uid}: {batch.get_state_display()}")
                return
            batch = importing.run_import(uid=str(batch.uid), on_progress=self._tell)
            self._report(batch)
        except OSError as problem:
            raise CommandError(f"{options['file']}: {problem.strerror}.") from problem
        except importing.ImportRefused as problem:
            raise CommandError(str(problem)) from problem

    def _held(self, project: Project, options: dict[str, Any]) -> ImportBatch | None:
        """The import that is paused, resumed or cancelled, after that was done."""
        for deed in ("pause", "resume", "cancel"):
            if not (uid := options[deed]):
                continue
            batch = next((b for b in project.imports.all() if str(b.uid) == uid), None)
            if batch is None:
                raise CommandError(f"--{deed}: the project has no import {uid!r}.")
            if deed == "pause":
                importing.pause(batch=batch, paused_by=None)
            elif deed == "cancel":
                importing.cancel(batch=batch, cancelled_by=None)
            else:
                importing.resume(batch=batch, resumed_by=None, in_background=False)
            return batch
        return None

    def _received(self, project: Project, options: dict[str, Any]) -> ImportBatch:
        given: dict[str, Any] = {
            "project": project,
            "format": options["format"],
            "columns": dict(options["column"]),
            "source": options["source"],
            "skip_bad": options["skip_bad"],
            "make_tasks": not options["no_tasks"],
            "personal": options["personal"],
            "ask_people": ASK_PEOPLE[options["ask_people"]],
            "previews": options["preview"],
            "created_by": None,
            "in_background": False,
        }
        if options["dataset"]:
            named = {name: options[name] for name in ("dataset", "split", "config", "revision")}
            return importing.receive_dataset(**named, **given)
        if not options["file"]:
            raise CommandError("file: name one, or a data set with --dataset.")
        path = Path(options["file"])
        with path.open("rb") as file:
            return importing.receive_file(file=file, file_name=path.name, **given)

    def _report(self, batch: ImportBatch) -> None:
        self.stderr.write("")
        for problem in batch.problems:
            field = f"{problem['field']} " if problem["field"] else ""
            self.stderr.write(f"line {problem['line']}: {field}{problem['problem']}")
        if batch.state == State.FAILED:
            raise CommandError(batch.error)
        if batch.state == State.PREVIEW:
            self._preview(batch)
        elif batch.state == State.DONE:
            counts = ", ".join(f"{count} {name}" for name, count in batch.counts.items())
            self.stdout.write(f"{batch.rows_total} rows, {batch.rows_bad} bad; new: {counts}")
        else:
            self.stdout.write(f"{batch.uid}: {batch.get_state_display()}. {batch.error}")

    def _preview(self, batch: ImportBatch) -> None:
        """What would come in; the preview itself is thrown away again."""
        found = previewing.summary(batch)
        for number, item in enumerate(previewing.items(batch), 1):
            self.stdout.write(f"--- item {number}")
            for message in item["prompt"]:
                self.stdout.write(f"[{message['role']}] {message['text']}")
            for letter, response in zip("ABCDEFGHI", item["responses"], strict=False):
                for message in response["messages"]:
                    self.stdout.write(f"({letter}) {message['text']}")
        self.stdout.write(
            f"--- {batch.rows_total} rows, {batch.rows_bad} bad; format {batch.format}"
        )
        for name, count in (found["news"] or {}).items():
            self.stdout.write(f"{name}: {count}")
        for reason in found["left_out"]:
            said = f"{reason['field']} {reason['problem']}".strip()
            self.stdout.write(
                f"left out: {reason['count']}, first at line {reason['line']}: {said}"
            )
        for kind in found["personal"]:
            examples = ", ".join(kind["examples"])
            self.stdout.write(f"personal data: {kind['count']} {kind['kind']} ({examples})")
        columns = found["mapped"] or found["guessed"]
        if columns:
            named = ", ".join(f"{ours}={theirs}" for ours, theirs in columns.items())
            self.stdout.write(f"columns: {named}")
        languages = ", ".join(f"{name} {count}" for name, count in found["languages"])
        self.stdout.write(f"languages or scripts: {languages}")
        self.stdout.write(f"characters (middle, longest tenth, longest): {found['prompt_lengths']}")
        importing.cancel(batch=batch, cancelled_by=None)

    def _tell(self, batch: ImportBatch) -> None:
        done = f"{batch.rows_done} of {batch.rows_total}" if batch.rows_total else "checking"
        self.stderr.write(f"\r{batch.get_state_display()}: {done} rows", ending="")
