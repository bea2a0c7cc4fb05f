"""Answers: stored exactly once, counted at most `overlap` times, never overwritten.

An answer that was acknowledged is in the database. One that comes late takes a free slot or
becomes surplus; one that comes twice (the same client id) is answered as the first time was.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Min
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation import assigning, conversing
from annotation.assigning import SCREENING
from annotation.entry import examining
from annotation.models import Assignment, Guidelines, Judgment, ProjectSettings, Task
from annotation.task_kinds.base import AnswerError, TaskKind, inverse
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import audit
from labelers.models import Person, Project

Standing = Judgment.Standing
MAX_REASON = 5000
MAX_SECONDS = 24 * 3600.0
MAX_PASTED = 10_000_000
UNDO_STANDINGS = (Standing.COUNTED, Standing.SURPLUS, Standing.GOLD)


@dataclass(frozen=True)
class Submission:
    """What a labeler sends: an answer about positions on screen, under the client's own id.

    ``pasted`` counts the characters of its free text that came from a clipboard, if it is known.
    """

    assignment_id: int
    client_id: uuid.UUID
    answer: Mapping[str, Any]
    seconds: float | None = None
    reason: str = ""
    pasted: int | None = None


@transaction.atomic
def submit(*, person: Person, project: Project, submission: Submission) -> Judgment:
    """Store an answer and return its judgment; sending the same submission again changes nothing.

    An answer to an item that this person has answered before becomes a new revision of it, within
    the project's window for corrections; one of a training or an exam locks at once.

    Raises:
        AnswerError: the answer is not one of this task's kind; the message names the field.
        LeaseError: the item is not this person's, or can no longer be corrected.
    """
    task, assignment = assigning.lock_task_of(submission.assignment_id, person)
    if task.project_id != project.pk:
        raise assigning.LeaseError(_("This item belongs to another project. Reload the page."))
    if assignment.purpose == Assignment.Purpose.ADJUDICATION:
        raise assigning.LeaseError(_("This item was given to you for a second look."))
    earlier = Judgment.objects.filter(person=person, client_id=submission.client_id).first()
    if earlier is not None:
        if earlier.task_id != task.pk:
            raise AnswerError("client_id: it was used for another item; make a new one.")
        return earlier
    assigning.refuse_stopped(project, person)
    settings = ProjectSettings.objects.get(project=project)
    options = conversing.options_of(settings)
    is_screening = assignment.purpose in SCREENING
    if is_screening:
        examining.check_answerable(assignment)
    answer = _canonical_answer(task, assignment, submission.answer, options)
    previous = _retire_current(task, person, settings)
    standing, slot = _place(task, assignment)
    judgment = Judgment.objects.create(
        task=task,
        person=person,
        revision=previous + 1,
        standing=standing,
        slot=slot,
        answer=answer,
        reason=submission.reason[:MAX_REASON],
        seconds=_clean_seconds(submission.seconds),
        pasted=_clean_pasted(submission.pasted),
        display_order=assignment.display_order,
        client_id=submission.client_id,
        guideline_version=Guidelines.objects.filter(project=project).aggregate(
            latest=Max("version")
        )["latest"],
    )
    _settle(task, assignment, slot)
    if is_screening:
        examining.take_answer(judgment, assignment)
    else:
        conversing.ask_for_next_turn(judgment, task, options)
    audit.record(
        actor=person,
        action="judgment.submitted",
        project=project,
        subject=f"judgment:{judgment.pk}",
        standing=standing,
        revision=judgment.revision,
    )
    return judgment


def kind_of(task: Task) -> TaskKind:
    """The kind of a task."""
    return TASK_KINDS[task.kind]


def _canonical_answer(
    task: Task, assignment: Assignment, answer: Mapping[str, Any], options: Mapping[str, Any]
) -> dict[str, Any]:
    kind = kind_of(task)
    order = assignment.display_order
    cleaned = kind.clean_answer(answer, len(order), options)
    conversing.check_speaker(task, cleaned, options)
    return kind.reorder(cleaned, order)


def _clean_seconds(seconds: float | None) -> float | None:
    if seconds is None or not 0 <= seconds <= MAX_SECONDS:
        return None
    return seconds


def _clean_pasted(pasted: int | None) -> int | None:
    return None if pasted is None else min(max(pasted, 0), MAX_PASTED)


def _place(task: Task, assignment: Assignment) -> tuple[str, int | None]:
    """The standing and the slot of an answer to a locked task."""
    if assignment.purpose in SCREENING:
        return Standing.PRACTICE, None
    slot = assignment.slot
    # Whoever was counted before their item became gold stays counted when they correct it.
    if task.is_gold and slot is None:
        return Standing.GOLD, None
    if slot is None:
        slot = assigning.take_slot(task)
    return (Standing.SURPLUS, None) if slot is None else (Standing.COUNTED, slot)


def _retire_current(task: Task, person: Person, settings: ProjectSettings) -> int:
    """Make room for a new revision; returns the number of the last one, 0 when there is none."""
    mine = Judgment.objects.filter(task=task, person=person)
    current = mine.filter(is_current=True).first()
    if current is None and mine.filter(standing=Standing.VOIDED).exists():
        raise assigning.LeaseError(_("Your answer to this item was voided; it is not asked again."))
    if current is not None:
        if timezone.now() > correctable_until(current, settings):
            raise assigning.LeaseError(
                _("This answer can no longer be corrected; it stays as it is.")
            )
        _withdraw_next_turn(current)
        if current.standing == Standing.COUNTED:
            Task.objects.filter(pk=task.pk).update(counted=F("counted") - 1)
        # The slot stays with the assignment; only one revision of a person holds it.
        current.is_current = False
        current.save(update_fields=["is_current"])
    return mine.aggregate(last=Max("revision"))["last"] or 0


def correctable_until(current: Judgment, settings: ProjectSettings) -> datetime:
    """Until when an answer may be corrected: a window from when it was first given."""
    said = Judgment.objects.filter(task=current.task_id, person=current.person_id)
    first: datetime = said.exclude(standing=Standing.WITHDRAWN).aggregate(at=Min("created_at"))[
        "at"
    ]
    return first + timedelta(seconds=settings.correction_seconds)


def _withdraw_next_turn(judgment: Judgment) -> None:
    try:
        conversing.withdraw_next_turn(judgment)
    except conversing.TurnTaken as problem:
        raise assigning.LeaseError(str(problem)) from problem


def _settle(task: Task, assignment: Assignment, slot: int | None) -> None:
    assignment.state = Assignment.State.ANSWERED
    assignment.slot = slot
    assignment.draft = None
    assignment.save(update_fields=["state", "slot", "draft"])
    if slot is not None:
        Task.objects.filter(pk=task.pk).update(counted=F("counted") + 1)
        full = Task.objects.filter(pk=task.pk, counted__gte=F("overlap"), is_gold=False)
        full.filter(state=Task.State.OPEN).update(state=Task.State.CLOSED)


@transaction.atomic
def undo_last(*, person: Person, project: Project) -> Assignment | None:
    """Withdraw the person's latest answer and give the item back to them with what they said.

    Returns the renewed lease, whose draft is the withdrawn answer in the order on screen, or None
    when there is nothing to undo.

    Raises:
        LeaseError: it can no longer be corrected, or is a turn of a conversation that has gone on.
    """
    assigning.refuse_stopped(project, person)
    last = (
        Judgment.objects.filter(
            person=person, task__project=project, is_current=True, standing__in=UNDO_STANDINGS
        )
        .order_by("-created_at", "-id")
        .first()
    )
    if last is None:
        return None
    found = Assignment.objects.only("pk").get(task=last.task_id, person=person)
    task, assignment = assigning.lock_task_of(found.pk, person)
    last.refresh_from_db()
    if not last.is_current:
        return None
    settings = ProjectSettings.objects.get(project=project)
    if timezone.now() > correctable_until(last, settings):
        raise assigning.LeaseError(_("This answer can no longer be corrected; it stays as it is."))
    _withdraw_next_turn(last)
    shown = answer_on_screen(last, assignment)
    if last.standing == Standing.COUNTED:
        Task.objects.filter(pk=task.pk).update(counted=F("counted") - 1)
        Task.objects.filter(pk=task.pk, state=Task.State.CLOSED).update(state=Task.State.OPEN)
    last.standing, last.slot, last.is_current = Standing.WITHDRAWN, None, False
    last.save(update_fields=["standing", "slot", "is_current"])
    assignment.state = Assignment.State.LIVE
    assignment.draft = {"answer": shown, "reason": last.reason}
    assignment.leased_at = timezone.now()
    assignment.expires_at = assigning.expiry(settings)
    assignment.save(update_fields=["state", "draft", "leased_at", "expires_at"])
    audit.record(
        actor=person,
        action="judgment.withdrawn",
        project=project,
        subject=f"judgment:{last.pk}",
    )
    return assignment


def answer_on_screen(judgment: Judgment, assignment: Assignment) -> dict[str, Any]:
    """A stored answer in the order in which its labeler saw the responses."""
    kind = TASK_KINDS[assignment.task.kind]
    return kind.reorder(judgment.answer, inverse(assignment.display_order))
