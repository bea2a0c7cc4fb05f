"""`manage.py train`: queue a run from the shell, and wait for it where asked."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from exports.models import Snapshot
from labelers.models import Project
from training import queries
from training.checking import request_check
from training.models import Checkpoint, Run
from training.queueing import request_run
from training.run_report import read_object
from training.trainers.catalog import TRAINERS

POLL_SECONDS = 1.0


class Command(BaseCommand):
    help = "Train, evaluate or generate on a snapshot, or score open items. Prints the run's id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", required=True, help="The project's short name.")
        parser.add_argument(
            "--snapshot", default="", help="The snapshot's id or name; `score` needs none."
        )
        parser.add_argument("--trainer", required=True, choices=sorted(TRAINERS))
        parser.add_argument("--from", dest="parent", help="The id of a checkpoint to start from.")
        parser.add_argument("--name", default="", help="What the run is called on the pages.")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help="A setting of the trainer; may be repeated.",
        )
        parser.add_argument("--wait", action="store_true", help="Show progress up to the end.")
        parser.add_argument(
            "--check",
            action="store_true",
            help="Train nothing: look at data and model, measure a few steps, print the report.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}: check its short name.")
        asked: dict[str, Any] = {
            "project": project,
            "created_by": None,
            "trainer": options["trainer"],
            "config": dict(_setting(text) for text in options["set"]),
            "snapshot": _snapshot(project, options["snapshot"]) if options["snapshot"] else None,
            "parent": _parent(project, options["parent"]),
            "as_text": True,
        }
        try:
            if options["check"]:
                run = request_check(**asked)
            else:
                run = request_run(name=options["name"], **asked)
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from None
        self.stdout.write(str(run.uid))
        if options["wait"] or options["check"]:
            self._wait(run)
        if options["check"]:
            report = read_object(run.path / "data_report.json")
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))

    def _wait(self, run: Run) -> None:
        told = ""
        while True:
            run.refresh_from_db()
            line = _progress_line(run)
            if line != told:
                self.stderr.write(line)
                told = line
            if not run.is_live:
                break
            time.sleep(POLL_SECONDS)
        if run.state != Run.State.DONE:
            raise CommandError(run.error or f"{run.name} was cancelled: resume it on its page.")


def _progress_line(run: Run) -> str:
    if run.state == Run.State.QUEUED:
        return "waiting for a worker of the queue training"
    figures = ", ".join(
        f"{name} {value:.4g}"
        for name, value in run.metrics.items()
        if isinstance(value, int | float)
    )
    return f"{run.state} {run.phase} {run.step}/{run.total_steps} {figures}".strip()


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise CommandError(f"--set {text}: write FIELD=VALUE.")
    return name.strip(), value


def _snapshot(project: Project, given: str) -> Snapshot:
    named = Q(uid=given) if _is_uid(given) else Q(name=given)
    found = Snapshot.objects.filter(named, project=project).order_by("-id").first()
    if found is None:
        raise CommandError(f"{project.name} has no snapshot {given!r}: check its id or name.")
    return found


def _parent(project: Project, uid: str | None) -> Checkpoint | None:
    if not uid:
        return None
    found = queries.find_checkpoint(project, uid) if _is_uid(uid) else None
    if found is None:
        raise CommandError(f"{project.name} has no checkpoint {uid}: take its id from the run.")
    return found


def _is_uid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
