"""Going back: an answered item opened again to be corrected.

A correction is a new revision of the same answer (`annotation.judging.submit`); nothing here
changes what is stored. Which items there are to go back to is `own_work.recent_items`.
"""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from annotation import assigning, judging
from annotation.assigning import LeaseError
from annotation.models import Assignment, Judgment, ProjectSettings
from labelers.models import Person, Project


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
    assigning.refuse_stopped(project, person)
    settings = ProjectSettings.objects.get(project=project)
    if timezone.now() > judging.correctable_until(judgment, settings):
        raise LeaseError(_("This answer can no longer be corrected; it stays as it is."))
    if assignment.draft is None:
        assignment.draft = {
            "answer": judging.answer_on_screen(judgment, assignment),
            "reason": judgment.reason,
        }
    return assignment
