"""Make a snapshot from the shell, with progress; copy it to a folder or write it in a format."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from exports import snapshotting
from exports.downloading import ALL, DownloadError, open_download
from exports.filters import Filters, FiltersError
from exports.formats.catalog import FORMATS
from exports.models import Snapshot
from exports.splitting import SPLITS
from labelers.models import Project


class Command(BaseCommand):
    help = (
        "Freeze the labels of a project as a snapshot, or take up a done one of that name; prints "
        "its folder."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What to freeze, and where it should go besides."""
        parser.add_argument("--project", required=True, help="the project's slug")
        parser.add_argument("--name", required=True, help="what the snapshot is called")
        parser.add_argument(
            "--filters", default="{}", help="JSON, for example '{\"min_judgments\": 2}'"
        )
        parser.add_argument(
            "--out", type=Path, help="copy the dataset directory to this new folder"
        )
        parser.add_argument("--format", choices=list(FORMATS), help="write it in this format")
        parser.add_argument("--output", type=Path, help="the file for --format")
        parser.add_argument("--split", choices=[ALL, *SPLITS], default=ALL, help="for --format")
        parser.add_argument(
            "--option",
            action="append",
            default=[],
            metavar="NAME",
            help="switch on an option of the format: "
            + ", ".join(sorted({name for each in FORMATS.values() for name in each.options})),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Build in this process; a worker goes on if it is killed."""
        if bool(options["format"]) != bool(options["output"]):
            raise CommandError("--format and --output: give both or neither.")
        for name in ("out", "output"):
            if options[name] and options[name].exists():
                raise CommandError(f"--{name}: {options[name]} exists already: choose another.")
        snapshot = self._snapshot(options)
        if options["out"]:
            self._copy(snapshot.path, options["out"])
        if options["format"]:
            self._write(snapshot, options)
        records = ", ".join(f"{n} {kind}" for kind, n in snapshot.counts["records"].items())
        self.stderr.write(f"{records}; digest {snapshot.digest}")
        self.stdout.write(str(options["output"] or options["out"] or snapshot.path))

    def _snapshot(self, options: dict[str, Any]) -> Snapshot:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            known = ", ".join(Project.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"--project: no project {options['project']!r}; there are: {known}.")
        try:
            filters = Filters.from_mapping(json.loads(options["filters"] or "{}"))
        except FiltersError as error:
            raise CommandError(f"--filters: {error}") from error
        except ValueError as error:
            raise CommandError(f"--filters: this is not JSON ({error}).") from error
        done = project.snapshots.filter(name=options["name"], state=Snapshot.State.DONE).first()
        if done is not None and (not options["filters"] or filters.as_dict() == done.filters):
            return done
        try:
            snapshot = snapshotting.request_snapshot(
                project=project, created_by=None, name=options["name"], filters=filters.as_dict()
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        snapshot = self._build(snapshot)
        if snapshot.state == Snapshot.State.FAILED:
            raise CommandError(snapshot.error)
        return snapshot

    def _build(self, snapshot: Snapshot) -> Snapshot:
        snapshot = snapshotting.build_snapshot(snapshot_uid=snapshot.uid, on_progress=self._tell)
        while snapshot.is_working:  # a worker was first
            self._tell(snapshot.rows_done, snapshot.rows_total or 0)
            time.sleep(0.5)
            snapshot = snapshotting.build_snapshot(snapshot_uid=snapshot.uid)
        self.stderr.write("")
        return snapshot

    def _tell(self, done: int, total: int) -> None:
        self.stderr.write(f"\r{done} of {total} labeled tasks", ending="")

    def _copy(self, source: Path, target: Path) -> None:
        partial = target.with_name(f".{target.name}.partial")
        try:
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(source, partial)
            partial.rename(target)
        except (OSError, shutil.Error) as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise CommandError(f"--out: {target} cannot be written ({error}).") from error

    def _write(self, snapshot: Snapshot, options: dict[str, Any]) -> None:
        target = options["output"]
        partial = target.with_name(f".{target.name}.partial")
        try:
            made = open_download(
                snapshot=snapshot,
                asked_by=None,
                format=options["format"],
                split=options["split"],
                options=dict.fromkeys(options["option"], "true"),
            )
            with open(partial, "wb") as file:
                file.writelines(made.pieces)
            partial.rename(target)
        except DownloadError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise CommandError(f"--output: {target} cannot be written ({error}).") from error
