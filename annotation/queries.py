"""Reading annotation: an item as its labeler sees it, and how far a project and a person are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum, When
from django.utils import timezone

from annotation import assigning, conversing
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
from labelers.models import Person, Project

STORED = ("counted", "surplus", "gold")


def item_payload(assignment: Assignment) -> dict[str, Any]:
    """Everything a client needs to show one item, and nothing that tells its answer.

    Responses come in the order on screen, without source and without canonical position. Gold and
    ordinary items have the same fields.
    """
    task = assignment.task
    settings = ProjectSettings.objects.get(project=task.project_id)
    placed = list(task.placed.select_related("response"))
    responses = [placed[canonical].response for canonical in assignment.display_order]
    return {
        "assignment": assignment.pk,
        "purpose": assignment.purpose,
        "kind": task.kind,
        "criterion": task.criterion,
        "language": task.prompt.language,
        "covered": is_covered(task, settings),
        "prompt": _shown(conversing.messages_shown(task, conversing.options_of(settings))),
        "responses": [{"messages": _shown(response.messages)} for response in responses],
        "draft": assignment.draft,
        "expires_at": assignment.expires_at,
    }


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


def work_of(person: Person, project: Project) -> dict[str, int | None]:
    """What `person` has answered today and in all, how many tasks are left for them, and the
    version of the guidelines in force (None where there are none)."""
    stored = Judgment.objects.filter(
        person=person, task__project=project, is_current=True, standing__in=STORED
    )
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    of_today = stored.filter(~answered_before(person=person, moment=today), created_at__gte=today)
    counts = {"done": stored.count(), "done_today": of_today.count()}
    held = Assignment.objects.filter(
        person=person,
        task__project=project,
        state=Assignment.State.LIVE,
        purpose=Assignment.Purpose.WORK,
    )
    open_gold = Task.objects.filter(project=project, is_gold=True, state=Task.State.OPEN)
    takeable = assigning.takeable(project, person).count()
    ahead = gold_ahead(
        rate=ProjectSettings.objects.get(project=project).gold_rate,
        takeable=takeable,
        done=counts["done"],
        unseen=assigning.unseen(project, person).filter(pk__in=open_gold).count(),
        seen=gold_given(person).filter(task__project=project).count(),
    )
    left = takeable + held.count() + ahead
    guidelines = project.guidelines.aggregate(latest=Max("version"))["latest"]
    return {**counts, "left": left, "guidelines": guidelines}


def gold_given(person: Person) -> QuerySet[Assignment]:
    """The gold that `person` was given among their work."""
    given = Assignment.objects.filter(
        person=person, task__is_gold=True, purpose=Assignment.Purpose.WORK
    )
    return given.exclude(state=Assignment.State.EXPIRED)


def gold_ahead(*, rate: float, takeable: int, done: int, unseen: int, seen: int) -> int:
    """How many gold items to count among what is left for a labeler.

    A number of ordinary items alone would stand still at each gold one and so tell which those
    are. Half as many again as are to be expected are counted, so that it goes down with every item
    also for those who are given more than usual.
    """
    if not rate or not takeable:
        return 0
    expected = math.ceil(1.5 * rate * max(takeable + done - seen, 0)) + 1
    return max(min(unseen + seen, expected) - seen, 0)


def answered_before(*, person: Person, moment: datetime) -> Exists:
    """Of judgments: whether `person` had answered the item before; a correction is no new item."""
    earlier = Judgment.objects.filter(task=OuterRef("task"), person=person, created_at__lt=moment)
    return Exists(earlier.exclude(standing=Judgment.Standing.WITHDRAWN))


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
