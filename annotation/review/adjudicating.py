"""Second looks: an item in the hands of one adjudicator, what labelers said of it, the decision.

A decision is one more judgment, of standing `adjudication`: it overwrites nobody's answer and takes
no slot. It is made blind: what was said stands under letters, with no names and no models. Which
items there are is `annotation.review.second_looks`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation import assigning, conversing, judging
from annotation.assigning import LeaseError
from annotation.models import Assignment, Guidelines, Judgment, ProjectSettings, Task
from annotation.review import second_looks
from annotation.review.blind_answers import Said, said_of
from annotation.review.second_looks import Narrowing
from annotation.task_kinds.base import AnswerError
from labelers import audit
from labelers.models import Person, Project

LEAST_REASON = 3
_chance = random.SystemRandom()
AT_ONCE = 50
"""How many items from the top of the queue are tried before nothing is said to be free."""


@dataclass(frozen=True)
class Opened:
    """An item in the hands of an adjudicator: its lease, why it is looked at, what was said."""

    assignment: Assignment
    why: list[str]
    said: list[Said]


@transaction.atomic
def claim(
    *, project: Project, person: Person, narrowing: Narrowing | None = None, task_id: int = 0
) -> Opened | None:
    """Give `person` an item to look at: the one they hold, else the worthiest that is free.

    With `task_id` that item. Opening one writes who looked at what others said. Returns None when
    nothing is left for this person at the moment.

    Raises:
        LeaseError: the item is not there to be looked at by this person, or somebody else is at it.
    """
    _refuse_stopped(project, person)
    held = None if task_id else _held(project, person)
    if held is not None:
        assignment = _lease(held.task, person)
    elif task_id:
        assignment = _lease(_ask_for(project, person, task_id), person)
    else:
        task = _worthiest(project, person, narrowing or Narrowing())
        if task is None:
            return None
        assignment = _lease(task, person)
    audit.record(
        actor=person,
        action="second_look.opened",
        project=project,
        subject=f"task:{assignment.task_id}",
    )
    return opened(assignment)


def _refuse_stopped(project: Project, person: Person) -> None:
    if project.state != Project.State.ACTIVE:
        raise LeaseError(_("This project is paused. Your work is kept; come back later."))
    assigning.refuse_stopped(project, person)


def opened(assignment: Assignment) -> Opened:
    """The item of an adjudicator's assignment with everything said of it."""
    why = second_looks.worth_of(assignment.task).why()
    return Opened(assignment, why, said_of(assignment))


def _held(project: Project, person: Person) -> Assignment | None:
    return (
        Assignment.objects.filter(
            person=person,
            task__project=project,
            purpose=Assignment.Purpose.ADJUDICATION,
            state=Assignment.State.LIVE,
            expires_at__gt=timezone.now(),
        )
        .select_related("task")
        .order_by("leased_at", "id")
        .first()
    )


def _worthiest(project: Project, person: Person, narrowing: Narrowing) -> Task | None:
    """Lock the first task of the queue that nobody holds; locked ones are passed over."""
    queue = second_looks.queue_of(
        project=project, person=person, narrowing=narrowing, limit=AT_ONCE
    )
    for worth in queue.items:
        task = (
            Task.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=worth.task)
            .first()
        )
        # Somebody may have taken it, or decided on it, between the queue and the lock.
        if task is None or _in_others_hands(task, person):
            continue
        if narrowing.again or not _decisions(task).exists():
            return task
    return None


def _ask_for(project: Project, person: Person, task_id: int) -> Task:
    """Lock one task that `person` asks for by its number."""
    task = (
        Task.objects.select_for_update(of=("self",))
        .filter(pk=task_id, project=project, is_gold=False, kind__in=second_looks.JUDGING)
        .exclude(state=Task.State.RETIRED)
        .first()
    )
    if task is None:
        raise LeaseError(_("There is no such item to look at. Choose one from the queue."))
    if _in_others_hands(task, person):
        raise LeaseError(_("Somebody else is looking at this item. Take another one."))
    if _answered_as_labeler(task, person):
        raise LeaseError(_("You have this item as a labeler; somebody else has to look at it."))
    return task


def _in_others_hands(task: Task, person: Person) -> bool:
    live = task.assignments.filter(
        purpose=Assignment.Purpose.ADJUDICATION,
        state=Assignment.State.LIVE,
        expires_at__gt=timezone.now(),
    )
    return live.exclude(person=person).exists()


def _answered_as_labeler(task: Task, person: Person) -> bool:
    answers = task.judgments.filter(person=person, is_current=True)
    if answers.exclude(standing=Judgment.Standing.ADJUDICATION).exists():
        return True
    holds = task.assignments.filter(person=person, state=Assignment.State.LIVE)
    return holds.exclude(purpose=Assignment.Purpose.ADJUDICATION).exists()


def _decisions(task: Task) -> Any:
    return task.judgments.filter(is_current=True, standing=Judgment.Standing.ADJUDICATION)


def _lease(task: Task, person: Person) -> Assignment:
    """The adjudicator's assignment of `task`, made or renewed; it holds no slot."""
    settings = ProjectSettings.objects.get(project=task.project_id)
    order = list(range(task.placed.count()))
    _chance.shuffle(order)
    assignment, created = Assignment.objects.get_or_create(
        task=task,
        person=person,
        defaults={
            "purpose": Assignment.Purpose.ADJUDICATION,
            "display_order": order,
            "expires_at": assigning.expiry(settings),
        },
    )
    mine = _decisions(task).filter(person=person).first()
    if not created:
        assignment.purpose = Assignment.Purpose.ADJUDICATION
        # A decided item is shown again without being taken from anybody.
        assignment.state = Assignment.State.ANSWERED if mine else Assignment.State.LIVE
        assignment.expires_at = assigning.expiry(settings)
        assignment.save(update_fields=["purpose", "state", "expires_at"])
    if mine is not None and assignment.draft is None:
        shown = judging.answer_on_screen(mine, assignment)
        assignment.draft = {"answer": shown, "reason": mine.reason}
    return assignment


@transaction.atomic
def decide(*, person: Person, project: Project, submission: judging.Submission) -> Judgment:
    """Store a decision and return its judgment; sending it again changes nothing.

    A second decision of the same adjudicator is a new revision, within the project's window for
    corrections; decisions of several adjudicators stand beside each other.

    Raises:
        AnswerError: the answer is not one of this task's kind, or has no reason.
        LeaseError: the item is not this person's to decide on, or can no longer be corrected.
    """
    task, assignment = _lock(submission.assignment_id, person, project)
    earlier = Judgment.objects.filter(person=person, client_id=submission.client_id).first()
    if earlier is not None:
        if earlier.task_id != task.pk:
            raise AnswerError("client_id: it was used for another item; make a new one.")
        return earlier
    assigning.refuse_stopped(project, person)
    if _answered_as_labeler(task, person):
        raise LeaseError(_("You have this item as a labeler; somebody else has to look at it."))
    settings = ProjectSettings.objects.get(project=project)
    answer = _canonical(task, assignment, submission, settings)
    judgment = Judgment.objects.create(
        task=task,
        person=person,
        revision=_retire_own(task, person, settings) + 1,
        standing=Judgment.Standing.ADJUDICATION,
        answer=answer,
        reason=submission.reason.strip()[: judging.MAX_REASON],
        seconds=_active(submission.seconds),
        display_order=assignment.display_order,
        client_id=submission.client_id,
        guideline_version=Guidelines.objects.filter(project=project).aggregate(
            latest=Max("version")
        )["latest"],
    )
    assignment.state, assignment.draft = Assignment.State.ANSWERED, None
    assignment.save(update_fields=["state", "draft"])
    audit.record(
        actor=person,
        action="second_look.decided",
        project=project,
        subject=f"judgment:{judgment.pk}",
        task=task.pk,
        revision=judgment.revision,
    )
    return judgment


def _lock(assignment_id: int, person: Person, project: Project) -> tuple[Task, Assignment]:
    """Lock an adjudicator's own item.

    Raises:
        LeaseError: it is not theirs, of another project, or was given for another purpose.
    """
    task, assignment = assigning.lock_task_of(assignment_id, person)
    if task.project_id != project.pk:
        raise LeaseError(_("This item belongs to another project. Reload the page."))
    if assignment.purpose != Assignment.Purpose.ADJUDICATION:
        raise LeaseError(_("This item was not given to you for a second look."))
    return task, assignment


def _canonical(
    task: Task,
    assignment: Assignment,
    submission: judging.Submission,
    settings: ProjectSettings,
) -> dict[str, Any]:
    if len(submission.reason.strip()) < LEAST_REASON:
        raise AnswerError(_("reason: say in a few words why; it is what others learn from."))
    kind, order = judging.kind_of(task), assignment.display_order
    options = conversing.options_of(settings)
    return kind.reorder(kind.clean_answer(submission.answer, len(order), options), order)


def _active(seconds: float | None) -> float | None:
    return seconds if seconds is not None and 0 <= seconds <= judging.MAX_SECONDS else None


def _retire_own(task: Task, person: Person, settings: ProjectSettings) -> int:
    """Make room for a new revision of one's own decision; the number of the last one, or 0."""
    current = _decisions(task).filter(person=person).first()
    if current is not None:
        if timezone.now() > judging.correctable_until(current, settings):
            raise LeaseError(_("This answer can no longer be corrected; it stays as it is."))
        current.is_current = False
        current.save(update_fields=["is_current"])
    mine = Judgment.objects.filter(task=task, person=person)
    return int(mine.aggregate(last=Max("revision"))["last"] or 0)


@transaction.atomic
def pass_over(*, assignment_id: int, person: Person, project: Project, reason: str = "") -> None:
    """Give an item back undecided; it is not offered to this person again.

    Raises:
        LeaseError: it is not theirs to give back, or was decided on.
    """
    _task, _assignment = _lock(assignment_id, person, project)
    assigning.skip(assignment_id=assignment_id, person=person, reason=reason)


def own_decisions(*, person: Person, project: Project, limit: int = 20) -> list[Judgment]:
    """What `person` decided last, newest first, with tasks and prompts."""
    decided = Judgment.objects.filter(
        task__project=project,
        person=person,
        is_current=True,
        standing=Judgment.Standing.ADJUDICATION,
    )
    return list(decided.select_related("task__prompt").order_by("-id")[:limit])
