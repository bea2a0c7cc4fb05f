"""The candidates of a project as CSV: one line each, with the figures of the last attempt."""

from __future__ import annotations

from collections.abc import Iterator

from annotation.entry.journeys import Journey, journeys_of
from labelers import csv_file
from labelers.models import Project

COLUMNS = (
    *("labeler", "pseudonym", "came_at", "place", "stage", "attempts", "verdict", "items"),
    *("right", "judged", "accuracy", "low", "high", "started_at", "finished_at", "decided_at"),
    *("decided_by", "note"),
)


def file_of(project: Project) -> Iterator[str]:
    """The file in pieces, those first who wait for a decision."""
    return csv_file.rows_as_csv(COLUMNS, map(cells, journeys_of(project)))


def cells(journey: Journey) -> list[object]:
    """One candidate in the order of `COLUMNS`."""
    exam = journey.exam
    who = [journey.person.username, journey.person.pseudonym, journey.came_at]
    where = [journey.where, journey.stage, len(journey.exams)]
    if exam is None:
        return [*who, *where, *[None] * (len(COLUMNS) - len(who) - len(where))]
    decided_by = exam.decided_by.username if exam.decided_by else None
    return [
        *who,
        *where,
        *(exam.verdict, exam.n_items, exam.right, exam.judged),
        *journey.figures,
        *(exam.started_at, exam.finished_at, exam.decided_at, decided_by, exam.note),
    ]
