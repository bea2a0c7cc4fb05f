"""Going back: a labeler's recent items, and one of them opened again to be corrected.

A correction is a new revision of the same answer (`annotation.judging.submit`); nothing here
changes what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from annotation import judging, kind_words, queries
from annotation.assigning import LeaseError
from annotation.models import Assignment, Judgment, ProjectSettings, Task
from labelers.models import Person, Project

RECENT = 20
EXCERPT = 120


@dataclass(frozen=True)
class RecentItem:
    """One item that a labeler answered: which, when, how it began, and until when it may change.

    ``excerpt`` is empty where the text stays covered until it is asked for.
    """

    assignment: int
    answered_at: datetime
    revision: int
    excerpt: str
    correctable_until: datetime


def recent_items(*, person: Person, project: Project, limit: int = RECENT) -> list[RecentItem]:
    """What `person` answered last in `project`, newest first."""
    settings = ProjectSettings.objects.get(project=project)
    answered = (
        Judgment.objects.filter(
            person=person,
            task__project=project,
            is_current=True,
            standing__in=judging.UNDO_STANDINGS,
        )
        .select_related("task__prompt")
        .order_by("-created_at", "-id")[:limit]
    )
    found = list(answered)
    assignments = dict(
        Assignment.objects.filter(person=person, task__in=[j.task_id for j in found]).values_list(
            "task_id", "id"
        )
    )
    return [
        RecentItem(
            assignment=assignments[judgment.task_id],
            answered_at=judgment.created_at,
            revision=judgment.revision,
            excerpt=excerpt_of(judgment.task, settings),
            correctable_until=judging.correctable_until(judgment, settings),
        )
        for judgment in found
    ]


def excerpt_of(task: Task, settings: ProjectSettings) -> str:
    """The beginning of the last turn of the prompt on one line; nothing of a covered text."""
    if queries.is_covered(task, settings):
        return ""
    return kind_words.excerpt(task.prompt.messages[-1]["content"], EXCERPT)


def open_again(*, person: Person, project: Project, assignment_id: int) -> Assignment:
    """The assignment of an answered item with the answer as its draft, to be shown again.

    Raises:
        LeaseError: it is not this person's, was never answered, or its window is over.
    """
    assignment = (
        Assignment.objects.select_related("task__prompt")
        .filter(pk=assignment_id, person=person, task__project=project)
        .first()
    )
    judgment = (
        assignment
        and Judgment.objects.filter(
            task=assignment.task_id,
            person=person,
            is_current=True,
            standing__in=judging.UNDO_STANDINGS,
        ).first()
    )
    if assignment is None or judgment is None:
        raise LeaseError(_("You have no answer to this item. Choose one of your recent items."))
    settings = ProjectSettings.objects.get(project=project)
    if timezone.now() > judging.correctable_until(judgment, settings):
        raise LeaseError(_("This answer can no longer be corrected; it stays as it is."))
    if assignment.draft is None:
        assignment.draft = {
            "answer": judging.answer_on_screen(judgment, assignment),
            "reason": judgment.reason,
        }
    return assignment
