"""Leases: which task a labeler gets next, and for how long it is theirs.

A lease takes one of the task's slots 1..overlap under the lock of the task's row. Whoever finds a
row locked passes on to the next one (SKIP LOCKED), so labelers never wait for each other.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.conversing import RESERVED_FOR
from annotation.models import Assignment, ProjectSettings, Task
from annotation.routing import beyond
from labelers import audit, qualifying
from labelers.models import Person, Project

# A seed of its own: what is drawn for one labeler must not be predictable from another's.
_chance = random.SystemRandom()

SKIPPED_IN_EXAM = 2
"""How many reported items of one exam may be passed over."""

MAX_LEASES = 8
"""How many items one person may hold in a project: one on screen, some preloaded on two devices."""

SCREENING = (Assignment.Purpose.TRAINING, Assignment.Purpose.EXAM)
"""What is asked on the way in, given and stored by rules of its own: `annotation.entry`."""


class LeaseError(Exception):
    """A lease that cannot be had or used; the message says why."""


@transaction.atomic
def next_assignment(
    *, project: Project, person: Person, holding: Sequence[int] = ()
) -> Assignment | None:
    """Give `person` something to do in `project`: what they hold already, else a new lease.

    `holding` names assignments that the client has on screen or preloaded, which are passed over.
    Returns None when nothing is left for this person at the moment.

    Raises:
        LeaseError: the project is not active, or the person is suspended in it.
    """
    if project.state != Project.State.ACTIVE:
        raise LeaseError(_("This project is paused. Your work is kept; come back later."))
    if not qualifying.may_work(project=project, person=person):
        raise LeaseError(_why_not(project, person))
    settings = ProjectSettings.objects.get(project=project)
    held = _held(project, person, holding)
    if held is not None:
        return held
    live = Assignment.objects.filter(
        person=person,
        task__project=project,
        state=Assignment.State.LIVE,
        purpose=Assignment.Purpose.WORK,
    )
    if live.count() >= MAX_LEASES:
        raise LeaseError(_("You hold too many open items. Close other windows of this page."))
    if settings.gold_rate and _chance.random() < settings.gold_rate:
        known = unseen(project, person).filter(is_gold=True, state=Task.State.OPEN)
        gold = known.order_by("?").first()
        if gold is not None:
            return lease(gold, person, settings)
    task = _claim(project, person)
    if task is None and release_expired(project=project):
        task = _claim(project, person)
    if task is None:
        return None
    Task.objects.filter(pk=task.pk).update(free_slots=F("free_slots") - 1)
    return lease(task, person, settings, slot=_free_slot(task))


def refuse_stopped(project: Project, person: Person) -> None:
    """Refuse anything more of somebody who is suspended or was not accepted.

    Who may not begin work for another reason may still end what they have in hand.

    Raises:
        LeaseError: saying so.
    """
    standing = qualifying.standings_of(person, [project])[project.pk]
    if standing.is_suspended or standing.is_declined:
        raise LeaseError(_why_not(project, person))


def _why_not(project: Project, person: Person) -> str:
    standing = qualifying.standings_of(person, [project])[project.pk]
    if standing.is_suspended:
        return _("You are suspended in this project. Ask its admin what to do.")
    if standing.is_declined:
        return _("You were not accepted in this project.")
    return _("There are steps to take before you can work here. Open the project's first steps.")


def _held(project: Project, person: Person, holding: Sequence[int]) -> Assignment | None:
    """A live lease of the person that the client does not show, renewed."""
    assignment = (
        Assignment.objects.select_for_update(of=("self",))
        .filter(person=person, task__project=project, state=Assignment.State.LIVE)
        .filter(purpose=Assignment.Purpose.WORK)
        .exclude(pk__in=holding)
        .filter(expires_at__gt=timezone.now())
        .order_by("leased_at", "id")
        .first()
    )
    if assignment is not None:
        assignment.expires_at = expiry(ProjectSettings.objects.get(project=project))
        assignment.save(update_fields=["expires_at"])
    return assignment


def expiry(settings: ProjectSettings) -> datetime:
    """When a lease that begins now runs out."""
    return timezone.now() + timedelta(seconds=settings.lease_seconds)


def unseen(project: Project, person: Person) -> QuerySet[Task]:
    """Tasks of `project` that `person` was never given, or gave back by letting a lease run out."""
    seen = Assignment.objects.filter(task=OuterRef("pk"), person=person).exclude(
        # Who looked at what others said of an item does not answer it any more.
        ~Q(purpose=Assignment.Purpose.ADJUDICATION),
        state=Assignment.State.EXPIRED,
    )
    return Task.objects.filter(~Exists(seen), project=project)


def takeable(project: Project, person: Person) -> QuerySet[Task]:
    """Ordinary tasks of `project` that `person` could be given now."""
    waited = Q(reserved_for=person) | Q(created_at__lt=timezone.now() - RESERVED_FOR)
    found = (
        unseen(project, person)
        .filter(Q(reserved_for=None) | waited)
        .filter(is_gold=False, state=Task.State.OPEN, free_slots__gt=0)
        .filter(Q(not_for=None) | ~Q(not_for=person))
    )
    return found.filter(~beyond(person)) if project.is_screened else found


def _claim(project: Project, person: Person) -> Task | None:
    """Lock the next open task with a free slot; tasks locked by others are passed over."""
    return (
        takeable(project, person)
        .order_by(F("priority").desc(), "id")
        .select_for_update(skip_locked=True, of=("self",))
        .first()
    )


def _free_slot(task: Task) -> int:
    """The lowest slot of a locked task that nobody holds."""
    taken = set(
        Assignment.objects.filter(task=task, slot__isnull=False).values_list("slot", flat=True)
    )
    return next(slot for slot in range(1, task.overlap + 1) if slot not in taken)


def lease(
    task: Task,
    person: Person,
    settings: ProjectSettings,
    *,
    slot: int | None = None,
    order: Sequence[int] | None = None,
    **fields: Any,
) -> Assignment:
    """Make the labeler's assignment of `task`, or renew it with the order and draft it had.

    ``order`` is the order on screen, by chance where none is given; ``fields`` (purpose, exam) are
    those of an assignment that is made.
    """
    if order is None:
        order = list(range(task.placed.count()))
        _chance.shuffle(order)
    assignment, created = Assignment.objects.get_or_create(
        task=task,
        person=person,
        defaults={
            "slot": slot,
            "display_order": list(order),
            "expires_at": expiry(settings),
            **fields,
        },
    )
    if not created:
        assignment.slot = slot
        renew(assignment, settings)
    return assignment


def renew(assignment: Assignment, settings: ProjectSettings) -> Assignment:
    """Let a lease live from now on."""
    assignment.state = Assignment.State.LIVE
    assignment.leased_at = timezone.now()
    assignment.expires_at = expiry(settings)
    assignment.save(update_fields=["state", "slot", "leased_at", "expires_at"])
    return assignment


def take_slot(task: Task) -> int | None:
    """Take a free slot of a locked `task` for an answer that comes without one, if there is any."""
    if task.free_slots == 0:
        return None
    Task.objects.filter(pk=task.pk).update(free_slots=F("free_slots") - 1)
    task.free_slots -= 1
    return _free_slot(task)


@transaction.atomic
def release_expired(*, project: Project | None = None, limit: int = 1000) -> int:
    """Free the slots of leases that ran out. Their drafts stay. Returns how many there were."""
    expired = Assignment.objects.filter(state=Assignment.State.LIVE, expires_at__lte=timezone.now())
    if project is not None:
        expired = expired.filter(task__project=project)
    # Tasks are locked before assignments everywhere, so that no two transactions wait crosswise.
    tasks = Task.objects.filter(pk__in=expired.values("task")).order_by("pk")
    locked = {task.pk for task in tasks.select_for_update(skip_locked=True)[:limit]}
    rows = list(expired.filter(task__in=locked).select_for_update(of=("self",)))
    for assignment in rows:
        _give_back(assignment, Assignment.State.EXPIRED)
    return len(rows)


def _give_back(assignment: Assignment, state: str) -> None:
    if assignment.slot is not None:
        Task.objects.filter(pk=assignment.task_id).update(free_slots=F("free_slots") + 1)
    assignment.slot = None
    assignment.state = state
    assignment.save(update_fields=["slot", "state", "skip_reason"])


def lock_task_of(assignment_id: int, person: Person) -> tuple[Task, Assignment]:
    """Lock the task of a person's own assignment, then the assignment.

    Raises:
        LeaseError: there is no such assignment of this person.
    """
    task = (
        Task.objects.select_for_update(of=("self",))
        .filter(assignments__pk=assignment_id, assignments__person=person)
        .first()
    )
    if task is None:
        raise LeaseError(_("This item is not yours. Reload the page to get one that is."))
    return task, Assignment.objects.select_for_update().get(pk=assignment_id)


@transaction.atomic
def skip(*, assignment_id: int, person: Person, reason: str = "") -> Assignment:
    """Give an item back unanswered; it is not shown to this person again.

    Raises:
        LeaseError: it is not this person's, or was already answered.
    """
    task, assignment = lock_task_of(assignment_id, person)
    if assignment.state == Assignment.State.ANSWERED:
        raise LeaseError(_("This item was already answered."))
    if assignment.purpose in SCREENING and not task.reports.filter(person=person).exists():
        # Who may pass over what is hard is not examined. What nobody should see, they report.
        raise LeaseError(
            _("An item of practice or exam cannot be skipped; say what you think is best.")
        )
    if assignment.exam is not None:
        passed_over = assignment.exam.items.filter(state=Assignment.State.SKIPPED).exclude(
            pk=assignment.pk
        )
        if passed_over.count() >= SKIPPED_IN_EXAM:
            raise LeaseError(
                _("No more items of this exam can be passed over; say what you think is best.")
            )
    if assignment.state != Assignment.State.SKIPPED:
        assignment.skip_reason = reason[:200]
        _give_back(assignment, Assignment.State.SKIPPED)
        audit.record(
            actor=person,
            action="task.skipped",
            project=task.project,
            subject=f"task:{task.pk}",
            reason=reason[:200],
        )
    return assignment


@transaction.atomic
def save_draft(*, assignment_id: int, person: Person, draft: dict[str, Any]) -> None:
    """Keep what the person has entered so far, whatever becomes of the lease.

    Raises:
        LeaseError: it is not this person's.
    """
    updated = Assignment.objects.filter(pk=assignment_id, person=person).update(draft=draft)
    if not updated:
        raise LeaseError(_("This item is not yours. Reload the page to get one that is."))
