"""Comments on a task: what admins, researchers and adjudicators say to each other about it.

A note "for labelers" waits on the page of the guidelines until it became a change of them, which
resolves it. Nothing said is edited or deleted.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation import configuring
from annotation.models import Comment, Guidelines, Task
from labelers import audit, notifying
from labelers.models import Person, Project, Role

LONGEST = 5000


@transaction.atomic
def comment(*, task: Task, person: Person, text: str, for_labelers: bool = False) -> Comment:
    """Say something about `task`; `for_labelers` proposes to tell them.

    Raises:
        ValidationError: blank or too long.
    """
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise ValidationError({"text": _("Write some text.")})
    if len(text) > LONGEST:
        raise ValidationError({"text": _("At most 5000 characters are kept; shorten it.")})
    if "\0" in text:
        raise ValidationError({"text": _("It contains a NUL character; remove it.")})
    made = Comment.objects.create(task=task, person=person, text=text, for_labelers=for_labelers)
    _record("comment.added", made, person, for_labelers=for_labelers)
    return made


@transaction.atomic
def resolve(*, comment: Comment, person: Person) -> None:
    """Mark a comment as dealt with; doing it twice changes nothing."""
    comment = Comment.objects.select_for_update(of=("self",)).get(pk=comment.pk)
    if comment.resolved_at is None:
        comment.resolved_by, comment.resolved_at = person, timezone.now()
        comment.save(update_fields=["resolved_by", "resolved_at"])
        _record("comment.resolved", comment, person)


@transaction.atomic
def reopen(*, comment: Comment, person: Person) -> None:
    """Open a resolved comment again; the version of the guidelines it became stays named."""
    comment = Comment.objects.select_for_update(of=("self",)).get(pk=comment.pk)
    if comment.resolved_at is not None:
        comment.resolved_by, comment.resolved_at = None, None
        comment.save(update_fields=["resolved_by", "resolved_at"])
        _record("comment.reopened", comment, person)


def _record(action: str, comment: Comment, person: Person, **detail: object) -> None:
    audit.record(
        actor=person,
        action=action,
        project=comment.task.project,
        subject=f"comment:{comment.pk}",
        task=comment.task_id,
        **detail,
    )


def thread_of(task: Task) -> QuerySet[Comment]:
    """Everything said about `task`, oldest first."""
    return task.comments.select_related("person", "resolved_by", "guidelines").order_by("id")


def open_notes(project: Project) -> QuerySet[Comment]:
    """The notes for labelers that wait to become a change of the guidelines, oldest first."""
    waiting = Comment.objects.filter(task__project=project, for_labelers=True, resolved_at=None)
    return waiting.select_related("person", "task").order_by("id")


@transaction.atomic
def publish_change(
    *,
    project: Project,
    text: str,
    created_by: Person,
    note: str = "",
    after: int | None = None,
    notes: Sequence[int] = (),
) -> Guidelines:
    """Publish guidelines that come of the open notes with the keys `notes`.

    The notes name the new version and are resolved, and the project's labelers are told.

    Raises:
        ValidationError: see `configuring.publish_guidelines`; or a note is not there or not open.
    """
    found = list(open_notes(project).filter(pk__in=notes).select_for_update(of=("self",)))
    if len(found) != len(set(notes)):
        raise ValidationError(
            {"notes": _("One of the notes was resolved meanwhile. Reload the page.")}
        )
    made = configuring.publish_guidelines(
        project=project, text=text, created_by=created_by, note=note, after=after
    )
    for entry in found:
        entry.guidelines = made
        entry.save(update_fields=["guidelines"])
        resolve(comment=entry, person=created_by)
    if found:
        labelers = Person.objects.filter(
            memberships__project=project, memberships__role=Role.LABELER
        )
        for labeler in labelers.exclude(pk=created_by.pk).distinct():
            detail = {"note": note, "version": made.version}
            notifying.notify(
                person=labeler, project=project, kind="note_for_labelers", detail=detail
            )
    return made
