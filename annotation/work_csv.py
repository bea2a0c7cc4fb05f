"""A labeler's own work as a CSV file, for pay and for their own books: one line per answer sent.

An answer that was corrected is there with every revision; only the last one is "stored".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotation.models import Judgment
from labelers.csv_file import rows_as_csv
from labelers.models import Person, Project

COLUMNS = (
    *("judgment", "project", "kind", "revision", "submitted_at", "seconds", "status", "reason"),
    "voided_because",
)


def status_of(judgment: Judgment) -> str:
    """What became of an answer. Gold and ordinary ones are both "stored"."""
    if judgment.standing in (Judgment.Standing.WITHDRAWN, Judgment.Standing.VOIDED):
        return str(judgment.standing)
    return "stored" if judgment.is_current else "replaced"


def own_work(*, person: Person, project: Project) -> Iterator[bytes]:
    """The file in pieces, oldest answer first."""
    answers = (
        Judgment.objects.filter(person=person, task__project=project)
        .select_related("task", "voiding")
        .defer("voiding__before")
        .order_by("id")
    )
    rows = (_row(judgment, project) for judgment in answers.iterator(chunk_size=2000))
    for piece in rows_as_csv(COLUMNS, rows):
        yield piece.encode()


def _row(judgment: Judgment, project: Project) -> tuple[Any, ...]:
    return (
        judgment.pk,
        project.slug,
        judgment.task.kind,
        judgment.revision,
        judgment.created_at,
        None if judgment.seconds is None else f"{judgment.seconds:.1f}",
        status_of(judgment),
        judgment.reason,
        judgment.voiding and judgment.voiding.reason,
    )
