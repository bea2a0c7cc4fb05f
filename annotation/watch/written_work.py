"""What labelers wrote: reasons, demonstrations, prompts and turns, looked at for habits of writing.

The last few hundred texts of each labeler are read, and only where there is something new of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q

from annotation.models import Judgment
from annotation.stats import written_habits
from annotation.task_kinds.base import TaskKind
from annotation.task_kinds.catalog import TASK_KINDS
from annotation.watch.plain_figures import plain_signal
from labelers.models import Project

EVERY = 10
MOST = 200
"""Texts of one labeler that are looked at, the newest ones."""

WRITING = tuple(k.name for k in TASK_KINDS.values() if k.outcomes is TaskKind.outcomes)
"""The kinds whose answer is a text."""


def signals_of(*, project: Project, person: int) -> list[dict[str, Any]]:
    """Habits of one labeler in writing; empty where they wrote nothing."""
    rows = list(
        Judgment.objects.filter(person=person, task__project=project, is_current=True)
        .exclude(Q(reason="") & ~Q(task__kind__in=WRITING))
        .order_by("-id")
        .values("id", "reason", "answer", "task__kind", "display_order", "seconds", "pasted")[:MOST]
    )[::-1]
    for row in rows:
        row["is_text"] = row["task__kind"] in WRITING
        row["text"] = written_text(row["answer"]) if row["is_text"] else row["reason"]
    reasons = [row for row in rows if row["reason"]]
    # Who mends a response that a model wrote leaves much of it as it was.
    texts = [row for row in rows if row["is_text"] and not row["display_order"]]
    bodies, pasted = _column(texts, "text"), _column(texts, "pasted")
    found = [
        (written_habits.duplicates(_column(reasons, "reason")), reasons),
        (
            written_habits.pasting([len(row["text"]) for row in rows], _column(rows, "pasted")),
            rows,
        ),
        (replace(written_habits.duplicates(bodies), name="repeated"), texts),
        (written_habits.machine_look(bodies, _column(texts, "seconds"), pasted), texts),
    ]
    return [plain_signal(signal, _column(of, "id")) for signal, of in found if signal.n]


def _column(rows: list[dict[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in rows]


def written_text(answer: Any) -> str:
    """All that the labeler wrote in an answer of a writing kind, without what is only copied."""
    return "\n".join(_texts(answer))


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        # A turn's role is no text, and only what the labeler said is theirs.
        for key, each in value.items():
            if key not in ("role", "language", "topic"):
                yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


@dataclass(frozen=True)
class Written:
    """How much somebody wrote: ``count`` texts, the last at ``last_at``.

    ``mark`` changes with every ten texts once there are some: habits do not change with one.
    """

    count: int
    last_at: datetime

    @property
    def mark(self) -> str:
        """Equal marks need no second look."""
        return str(self.count) if self.count < 2 * EVERY else f"{self.count // EVERY}x"


def writers(project: Project) -> dict[int, Written]:
    """People who wrote something in the project, and how much."""
    rows = Judgment.objects.filter(task__project=project, is_current=True, person__isnull=False)
    wrote = rows.exclude(Q(reason="") & ~Q(task__kind__in=WRITING))
    counts = wrote.order_by().values_list("person_id").annotate(Count("id"), Max("created_at"))
    return {person: Written(count, last) for person, count, last in counts}
