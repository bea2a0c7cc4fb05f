"""What changed from one snapshot to another, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from exports import comparing
from exports.downloading import NotReadyError
from exports.models import Snapshot


class Command(BaseCommand):
    help = "Print what came, what went and what has another label in the second snapshot."

    def add_arguments(self, parser: CommandParser) -> None:
        """The two snapshots."""
        parser.add_argument("first", help="uid of the earlier snapshot")
        parser.add_argument("second", help="uid of the later snapshot")
        parser.add_argument(
            "--weight-change",
            type=float,
            default=comparing.WEIGHT_CHANGE,
            help="by how much a weight must change to be counted (%(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare and print."""
        first, second = (self._find(options[name]) for name in ("first", "second"))
        try:
            found = comparing.compare(first, second, weight_change=options["weight_change"])
        except (comparing.CompareError, NotReadyError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=1)
        )

    def _find(self, uid: str) -> Snapshot:
        try:
            return Snapshot.objects.select_related("project").get(uid=uid)
        except (Snapshot.DoesNotExist, ValidationError) as error:
            raise CommandError(f"There is no snapshot {uid}.") from error
