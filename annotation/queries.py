"""Reading annotation: an item as its labeler sees it, and how far a project and a person are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Case, Count, F, Model, Q, Sum, When

from annotation import conversing, work_counts
from annotation.models import (
    Assignment,
    Guidelines,
    Judgment,
    ProjectSettings,
    Prompt,
    Report,
    Task,
)
from annotation.rendering import render, render_raw
from annotation.seats import Seat, seat_of
from labelers import statements
from labelers.models import Person, Project

M = TypeVar("M", bound=Model)


_ITEM = f"""
SELECT (SELECT json_agg(r.messages ORDER BY s.position) FROM annotation_taskresponse s
        JOIN annotation_response r ON r.id = s.response_id WHERE s.task_id = t.id),
    EXISTS (SELECT 1 FROM annotation_report r WHERE r.task_id = t.id AND r.decision = ''
        AND r.reason = %(disturbing)s),
    d.done, d.done_today, d."left", d.counted_at, now(),
    {statements.columns(Task, "t")}, {statements.columns(Prompt, "p")}
FROM annotation_task t JOIN annotation_prompt p ON p.id = t.prompt_id
LEFT JOIN annotation_desk d ON d.project_id = t.project_id AND d.person_id = %(person)s::bigint
WHERE t.id = %(task)s
"""  # noqa: S608 - no values, names of our own


def item_payload(assignment: Assignment) -> dict[str, Any]:
    """Everything a client needs to show one item, and nothing that tells its answer.

    Responses come in the order on screen, without source and without canonical position. Gold and
    ordinary items have the same fields.
    """
    settings = ProjectSettings.objects.get(project__tasks=assignment.task_id)
    return _read(assignment, settings)[0]


def item_and_work(
    assignment: Assignment, seat: Seat
) -> tuple[dict[str, Any], dict[str, int | None]]:
    """What `item_payload` and `work_of` say, in one statement; the item is the seat's person's."""
    item, kept = _read(assignment, seat.settings)
    return item, _work(work_counts.looked_at_again(seat, kept))


def _read(
    assignment: Assignment, settings: ProjectSettings
) -> tuple[dict[str, Any], Sequence[Any]]:
    """An item as it is shown, and what is kept of its labeler's work."""
    values = {
        "task": assignment.task_id,
        "person": assignment.person_id,
        "disturbing": str(Report.Reason.DISTURBING),
    }
    said, is_reported, *rest = statements.rows(_ITEM, values)[0]
    kept, rest = rest[:5], rest[5:]
    task, rest = _taken(Task, rest)
    task.prompt, _rest = _taken(Prompt, rest)
    placed = json.loads(said) if isinstance(said, str) else said or []
    item = {
        "assignment": assignment.pk,
        "purpose": assignment.purpose,
        "kind": task.kind,
        "criterion": task.criterion,
        "language": task.prompt.language,
        "covered": is_reported or starts_covered(task, settings),
        "prompt": _shown(conversing.messages_shown(task, conversing.options_of(settings))),
        "responses": [
            {"messages": _shown(placed[canonical])} for canonical in assignment.display_order
        ],
        "draft": assignment.draft,
        "expires_at": assignment.expires_at,
    }
    return item, kept


def _taken(model: type[M], values: Sequence[Any]) -> tuple[M, Sequence[Any]]:
    """The object that a row begins with, and the rest of the row."""
    width = len(model._meta.concrete_fields)
    return statements.instance(model, values[:width]), values[width:]


def is_covered(task: Task, settings: ProjectSettings) -> bool:
    """Whether the text waits to be uncovered: an admin, a tag or somebody's report says so."""
    if starts_covered(task, settings):
        return True
    return task.reports.filter(decision="", reason=Report.Reason.DISTURBING).exists()


def starts_covered(task: Task, settings: ProjectSettings) -> bool:
    """Whether an admin or a tag says so, whatever was reported."""
    return task.is_covered or bool(set(task.prompt.tags) & set(settings.covered_tags))


def _shown(messages: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [
        {
            "role": message["role"],
            "text": message["content"],
            "html": render(message["content"]),
            "raw": render_raw(message["content"]),
        }
        for message in messages
    ]


def work_of(person: Person, project: Project, *, seat: Seat | None = None) -> dict[str, int | None]:
    """What `person` has answered today and in all, how many tasks are left for them, and the
    version of the guidelines in force (None where there are none).

    `seat` is theirs where it was read in this request; what was answered since then counts.
    """
    return _work(seat_of(project, person) if seat is None else work_counts.looked_at_again(seat))


def _work(seat: Seat) -> dict[str, int | None]:
    counts = work_counts.counts_of(seat)
    return {
        "done": counts.done,
        "done_today": counts.done_today,
        "left": counts.left,
        "guidelines": seat.guidelines,
    }


def current_guidelines(project: Project) -> Guidelines | None:
    """The guidelines in force."""
    return project.guidelines.order_by("-version").first()


@dataclass(frozen=True)
class Standing:
    """How far a project is. Slots are the judgments wanted in all: tasks times overlap."""

    prompts: int
    tasks: int
    gold: int
    closed: int
    slots: int
    counted: int
    labelers: int
    imported: int

    @property
    def share(self) -> float:
        """The share of the wanted judgments that is there, 0 to 1."""
        return self.counted / self.slots if self.slots else 0.0


def standing_of(project: Project) -> Standing:
    """How far `project` is."""
    # What was answered before it became gold stays counted; as gold it wants no more answers.
    tasks = Task.objects.filter(Q(is_gold=False) | Q(counted__gt=0), project=project)
    done = Q(state=Task.State.CLOSED) | Q(is_gold=True)
    wanted = Case(When(is_gold=True, then=F("counted")), default=F("overlap"))
    work = tasks.aggregate(
        tasks=Count("id"),
        closed=Count("id", filter=done),
        slots=Sum(wanted, default=0),
        counted=Sum(F("counted"), default=0),
    )
    people = Judgment.objects.filter(task__project=project, is_current=True, person__isnull=False)
    return Standing(
        prompts=Prompt.objects.filter(project=project).count(),
        gold=Task.objects.filter(project=project, is_gold=True, gold__retired_at=None).count(),
        labelers=people.values("person").distinct().count(),
        imported=Judgment.objects.filter(task__project=project, standing="imported").count(),
        **work,
    )
