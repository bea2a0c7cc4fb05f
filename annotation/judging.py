"""Answers: stored exactly once, counted at most `overlap` times, never overwritten.

An answer that was acknowledged is in the database. One that comes late takes a free slot or
becomes surplus; one that comes twice (the same client id) is answered as the first time was.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Min
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation import assigning, conversing, work_counts
from annotation.assigning import SCREENING
from annotation.entry import examining
from annotation.models import Assignment, Judgment, ProjectSettings, Task
from annotation.seats import Seat, seat_of
from annotation.task_kinds.base import AnswerError, TaskKind, inverse
from annotation.task_kinds.catalog import TASK_KINDS
from labelers import audit, statements
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
def submit(
    *, person: Person, project: Project, submission: Submission, seat: Seat | None = None
) -> Judgment:
    """Store an answer and return its judgment; sending the same submission again changes nothing.

    An answer to an item that this person has answered before becomes a new revision of it, within
    the project's window for corrections; one of a training or an exam locks at once. ``seat`` is
    the person's in `project` where the caller has read it just now.

    Raises:
        AnswerError: the answer is not one of this task's kind; the message names the field.
        LeaseError: the item is not this person's, or can no longer be corrected.
    """
    return take_in(person=person, project=project, submission=submission, seat=seat)


def take_in(
    *, person: Person, project: Project, submission: Submission, seat: Seat | None = None
) -> Judgment:
    """As `submit`, in a transaction of the caller's, which is rolled back where this raises."""
    task, assignment = assigning.lock_task_of(submission.assignment_id, person)
    if task.project_id != project.pk:
        raise assigning.LeaseError(_("This item belongs to another project. Reload the page."))
    if assignment.purpose == Assignment.Purpose.ADJUDICATION:
        raise assigning.LeaseError(_("This item was given to you for a second look."))
    mine = _judgments_of(person, task, submission.client_id)
    earlier = next((said for said in mine if said.client_id == submission.client_id), None)
    if earlier is not None:
        if earlier.task_id != task.pk:
            raise AnswerError("client_id: it was used for another item; make a new one.")
        return earlier
    seat = seat or seat_of(project, person)
    assigning.refuse_stopped(project, person, seat=seat)
    options = conversing.options_of(seat.settings)
    is_screening = assignment.purpose in SCREENING
    if is_screening:
        examining.check_answerable(assignment)
    answer = _canonical_answer(task, assignment, submission.answer, options)
    _retire_current(task, mine, seat.settings)
    standing, slot = _place(task, assignment, is_trusted=seat.limits.is_trusted)
    judgment = _store(
        task=task,
        person=person,
        assignment=assignment,
        revision=max((said.revision for said in mine), default=0) + 1,
        standing=standing,
        slot=slot,
        answer=answer,
        submission=submission,
        guidelines=seat.guidelines,
        is_first=all(said.standing == Standing.WITHDRAWN for said in mine),
    )
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


_MINE = f"""
SELECT {statements.columns(Judgment, "j")} FROM annotation_judgment j
WHERE j.person_id = %(person)s AND (j.task_id = %(task)s OR j.client_id = %(client_id)s)
"""  # noqa: S608 - no values, names of our own


def _judgments_of(person: Person, task: Task, client_id: uuid.UUID) -> list[Judgment]:
    """What `person` has said of a locked `task`, and under that id of whatever task."""
    values = {"person": person.pk, "task": task.pk, "client_id": client_id}
    return [statements.instance(Judgment, row) for row in statements.rows(_MINE, values)]


# The answer, its assignment, its task and the counts that its labeler sees, in one statement.
_STORE = f"""
WITH settled AS (
    UPDATE annotation_assignment SET state = 'answered', slot = %(slot)s::smallint, draft = NULL
    WHERE id = %(assignment)s),
counted AS (
    UPDATE annotation_task SET counted = counted + 1, state = CASE
        WHEN state = 'open' AND NOT is_gold AND counted + 1 >= overlap THEN 'closed' ELSE state END
    WHERE id = %(task)s AND %(slot)s::smallint IS NOT NULL),
noted AS ({work_counts.NOTE_DONE})
INSERT INTO annotation_judgment AS j (task_id, person_id, imported_labeler, revision, is_current,
    standing, slot, answer, reason, seconds, pasted, display_order, client_id, guideline_version)
VALUES (%(task)s, %(person)s::bigint, '', %(revision)s, true, %(standing)s, %(slot)s::smallint,
    %(answer)s::jsonb, %(reason)s, %(seconds)s::float, %(pasted)s::integer,
    %(display_order)s::jsonb, %(client_id)s, %(guidelines)s::integer)
RETURNING {statements.columns(Judgment, "j")}
"""  # noqa: S608 - no values, names of our own


def _store(
    *,
    task: Task,
    person: Person,
    assignment: Assignment,
    revision: int,
    standing: str,
    slot: int | None,
    answer: dict[str, Any],
    submission: Submission,
    guidelines: int | None,
    is_first: bool,
) -> Judgment:
    stored = statements.row(
        _STORE,
        {
            "task": task.pk,
            "person": person.pk,
            "project": task.project_id,
            "assignment": assignment.pk,
            "revision": revision,
            "standing": str(standing),
            "slot": slot,
            "answer": json.dumps(answer),
            "reason": submission.reason[:MAX_REASON],
            "seconds": _clean_seconds(submission.seconds),
            "pasted": _clean_pasted(submission.pasted),
            "display_order": json.dumps(assignment.display_order),
            "client_id": submission.client_id,
            "guidelines": guidelines,
            "is_new_work": is_first and standing in UNDO_STANDINGS,
        },
    )
    assert stored is not None  # noqa: S101 - an insertion returns its row
    judgment = statements.instance(Judgment, stored)
    judgment.task, judgment.person = task, person
    assignment.state, assignment.slot = Assignment.State.ANSWERED, slot
    assignment.draft = None
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


def _place(task: Task, assignment: Assignment, *, is_trusted: bool) -> tuple[str, int | None]:
    """The standing and the slot of an answer to a locked task.

    What was opened again for trusted labelers has no slot for a late answer of somebody else.
    """
    if assignment.purpose in SCREENING:
        return Standing.PRACTICE, None
    slot = assignment.slot
    # Whoever was counted before their item became gold stays counted when they correct it.
    if task.is_gold and slot is None:
        return Standing.GOLD, None
    if slot is None and (is_trusted or not task.trusted_only):
        slot = assigning.take_slot(task)
    return (Standing.SURPLUS, None) if slot is None else (Standing.COUNTED, slot)


def _retire_current(task: Task, mine: Sequence[Judgment], settings: ProjectSettings) -> None:
    """Make room for a new revision of what a person has said of a locked task."""
    current = next((said for said in mine if said.is_current), None)
    if current is None:
        if any(said.standing == Standing.VOIDED for said in mine):
            raise assigning.LeaseError(
                _("Your answer to this item was voided; it is not asked again.")
            )
        return
    if timezone.now() > correctable_until(current, settings):
        raise assigning.LeaseError(_("This answer can no longer be corrected; it stays as it is."))
    _withdraw_next_turn(current)
    if current.standing == Standing.COUNTED:
        Task.objects.filter(pk=task.pk).update(counted=F("counted") - 1)
    # The slot stays with the assignment; only one revision of a person holds it.
    current.is_current = False
    current.save(update_fields=["is_current"])


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
