"""A labeler's own work as a CSV file, for pay and for their own books: one line per answer sent.

An answer that was corrected is there with every revision; only the last one is "stored".
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from annotation.models import Judgment
from labelers.models import Person, Project

COLUMNS = (
    *("judgment", "project", "kind", "revision", "submitted_at", "seconds", "status", "reason"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell may not begin with; spreadsheets set to Japanese read the wide ones as well."""

ROWS_PER_PIECE = 500
BOM = "\ufeff"
"""By which Excel knows UTF-8."""


def safe_cell(text: str) -> str:
    """`text` as a spreadsheet shows it: an apostrophe keeps it from being taken for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def status_of(judgment: Judgment) -> str:
    """What became of an answer. Gold and ordinary ones are both "stored"."""
    if judgment.standing in (Judgment.Standing.WITHDRAWN, Judgment.Standing.VOIDED):
        return str(judgment.standing)
    return "stored" if judgment.is_current else "replaced"


def own_work(*, person: Person, project: Project) -> Iterator[bytes]:
    """The file in pieces, oldest answer first."""
    answers = (
        Judgment.objects.filter(person=person, task__project=project)
        .select_related("task")
        .order_by("id")
    )
    yield _piece([COLUMNS], BOM)
    rows: list[tuple[Any, ...]] = []
    for judgment in answers.iterator(chunk_size=2000):
        rows.append(_row(judgment, project))
        if len(rows) == ROWS_PER_PIECE:
            yield _piece(rows)
            rows = []
    yield _piece(rows)


def _row(judgment: Judgment, project: Project) -> tuple[Any, ...]:
    at = judgment.created_at.astimezone(UTC)
    return (
        judgment.pk,
        safe_cell(project.slug),
        safe_cell(judgment.task.kind),
        judgment.revision,
        at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "" if judgment.seconds is None else f"{judgment.seconds:.1f}",
        status_of(judgment),
        safe_cell(judgment.reason),
    )


def _piece(rows: list[tuple[Any, ...]], before: str = "") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return (before + text.getvalue()).encode()
