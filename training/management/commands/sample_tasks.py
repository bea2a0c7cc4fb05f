"""`manage.py sample_tasks`: turn a generate run's responses into blind comparisons."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from labelers.models import Project
from training.models import Run
from training.sampling import make_tasks


class Command(BaseCommand):
    help = "Make tasks that compare a run's responses with another run's or a source's, blind."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--run", required=True, help="The id of a finished generate run.")
        parser.add_argument(
            "--against",
            required=True,
            help="The id of another generate run, or the name of a source in the project.",
        )
        parser.add_argument(
            "--project", help="Where the tasks are made; the run's own if left out."
        )
        parser.add_argument("--priority", type=float, default=0.0, help="Higher is asked first.")

    def handle(self, *args: Any, **options: Any) -> None:
        run = _run(options["run"])
        if run is None:
            raise CommandError(f"There is no run {options['run']!r}: take its id from its page.")
        project = run.project
        if options["project"]:
            project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']!r}: check its short name.")
        try:
            counts = make_tasks(
                project=project,
                run=run,
                against=_run(options["against"]) or options["against"],
                requested_by=None,
                priority=options["priority"],
            )
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from None
        self.stdout.write(", ".join(f"{name} {count}" for name, count in counts.items()))


def _run(uid: str) -> Run | None:
    try:
        return Run.objects.filter(uid=uid).first()
    except ValidationError:
        return None
