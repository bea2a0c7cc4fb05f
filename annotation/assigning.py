"""Leases: which task a labeler gets next, and for how long it is theirs.

A lease takes one of the task's slots 1..overlap under the lock of the task's row. Whoever finds a
row locked passes on to the next one (SKIP LOCKED), so labelers never wait for each other. How the
next task is found in a long queue is `annotation.finding`'s.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation import finding, work_counts
from annotation.models import Assignment, ProjectSettings, Task
from annotation.routing import readable
from annotation.seats import Seat, seat_of
from labelers import audit, qualifying, statements
from labelers.models import Person, Project, Qualification

# A seed of its own: what is drawn for one labeler must not be predictable from another's.
_chance = random.SystemRandom()

SKIPPED_IN_EXAM = 2
"""How many reported items of one exam may be passed over."""

STOPPED = (Qualification.Stage.SUSPENDED, Qualification.Stage.DECLINED)

GOLD_SEEN = 200
"""How many gold items one draw looks at."""

MAX_LEASES = 8
"""How many items one person may hold in a project: one on screen, some preloaded on two devices."""

SCREENING = (Assignment.Purpose.TRAINING, Assignment.Purpose.EXAM)
"""What is asked on the way in, given and stored by rules of its own: `annotation.entry`."""


class LeaseError(Exception):
    """A lease that cannot be had or used; the message says why."""


@transaction.atomic
def next_assignment(
    *, project: Project, person: Person, holding: Sequence[int] = (), seat: Seat | None = None
) -> Assignment | None:
    """Give `person` something to do in `project`: what they hold already, else a new lease.

    `holding` names assignments that the client has on screen or preloaded, which are passed over;
    `seat` is theirs where the caller has read it just now. Returns None when nothing is left for
    this person at the moment.

    Raises:
        LeaseError: the project is not active, or the person is suspended in it.
    """
    return give(project=project, person=person, holding=holding, seat=seat)


def give(
    *, project: Project, person: Person, holding: Sequence[int] = (), seat: Seat | None = None
) -> Assignment | None:
    """As `next_assignment`, in a transaction of the caller's; nothing is written if it raises."""
    if project.state != Project.State.ACTIVE:
        raise LeaseError(_("This project is paused. Your work is kept; come back later."))
    seat = seat or seat_of(project, person)
    if not qualifying.may_work_at(seat.stage, project=project, person=person):
        raise LeaseError(_why_not(project, person))
    if any(pk not in holding for pk, is_over in seat.leases.items() if not is_over):
        held = _held(project, person, holding, seat.settings)
        if held is not None:
            return held
    if len(seat.leases) >= MAX_LEASES:
        raise LeaseError(_("You hold too many open items. Close other windows of this page."))
    if seat.settings.gold_rate and _chance.random() < seat.settings.gold_rate:
        gold = _draw_gold(seat)
        if gold is not None:
            return lease(gold, person, seat.settings)
    taken = finding.take_next(seat)
    if taken is None:
        # Places only save steps; what they do not show may be there all the same.
        release_expired(project=project)
        taken = finding.take_any(seat)
    return None if taken is None else _lease_taken(taken, seat)


# From a random place in an order that says nothing, as many as one may look at in any pool.
_GOLD = f"""
SELECT t.id FROM (
    (SELECT t.id FROM annotation_task t WHERE t.project_id = %(project)s AND t.is_gold
     AND t.state = 'open' AND hashint8(t.id) >= %(start)s ORDER BY hashint8(t.id) LIMIT {GOLD_SEEN})
    UNION ALL
    (SELECT t.id FROM annotation_task t WHERE t.project_id = %(project)s AND t.is_gold
     AND t.state = 'open' AND hashint8(t.id) < %(start)s ORDER BY hashint8(t.id) LIMIT {GOLD_SEEN})
    LIMIT {GOLD_SEEN}
) t WHERE (SELECT 1 FROM annotation_assignment a WHERE a.task_id = t.id
    AND a.person_id = %(person)s AND (a.state <> 'expired' OR a.purpose = 'adjudication')
    LIMIT 1) IS NULL
"""  # noqa: S608 - no values, names of our own


def _draw_gold(seat: Seat) -> Task | None:
    """A gold task at random that the person has not had, if some of the pool come by."""
    start = _chance.randrange(-(2**31), 2**31)
    values = {"project": seat.project.pk, "person": seat.person.pk, "start": start}
    known = [task for (task,) in statements.rows(_GOLD, values)]
    if not known:
        return None
    found = Task.objects.filter(pk__in=known)
    if seat.limits.languages is not None:
        found = found.filter(readable(seat.limits.languages))
        known = list(found.values_list("pk", flat=True))
    return Task.objects.filter(pk=_chance.choice(known)).first() if known else None


# The task is locked by now, so this statement sees every slot that was taken before.
_LEASE = f"""
INSERT INTO annotation_assignment AS a (task_id, person_id, state, purpose, slot, display_order,
    skip_reason, leased_at, expires_at)
SELECT t.id, %(person)s::bigint, 'live', 'work', (
        SELECT min(n) FROM generate_series(1, t.overlap) n WHERE NOT EXISTS (
            SELECT 1 FROM annotation_assignment s WHERE s.task_id = t.id AND s.slot = n)),
    %(order)s::jsonb, '', now(), now() + %(seconds)s::float * interval '1 second'
FROM annotation_task t WHERE t.id = %(task)s
ON CONFLICT (task_id, person_id) DO UPDATE SET state = 'live', slot = excluded.slot,
    leased_at = excluded.leased_at, expires_at = excluded.expires_at
RETURNING {statements.columns(Assignment, "a")}
"""  # noqa: S608 - no values, names of our own


def _lease_taken(taken: finding.Taken, seat: Seat) -> Assignment:
    """The labeler's assignment of a task whose slot was taken, or their earlier one renewed."""
    order = list(range(taken.responses))
    _chance.shuffle(order)
    made = statements.row(
        _LEASE,
        {
            "task": taken.task,
            "person": seat.person.pk,
            "order": json.dumps(order),
            "seconds": seat.settings.lease_seconds,
        },
    )
    assert made is not None  # noqa: S101 - the task is locked, so it is there
    return statements.instance(Assignment, made)


def refuse_stopped(project: Project, person: Person, *, seat: Seat | None = None) -> None:
    """Refuse anything more of somebody who is suspended or was not accepted.

    Who may not begin work for another reason may still end what they have in hand. A `seat` that
    was read just now saves looking.

    Raises:
        LeaseError: saying so.
    """
    if seat is not None and seat.stage not in STOPPED:
        return
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


def _held(
    project: Project, person: Person, holding: Sequence[int], settings: ProjectSettings
) -> Assignment | None:
    """A live lease of the person that the client does not show, renewed; not one that is being
    answered at this moment in another window of theirs, which may be waiting for this one's.
    """
    assignment = (
        Assignment.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(person=person, task__project=project, state=Assignment.State.LIVE)
        .filter(purpose=Assignment.Purpose.WORK)
        .exclude(pk__in=holding)
        .filter(expires_at__gt=timezone.now())
        .order_by("leased_at", "id")
        .first()
    )
    if assignment is not None:
        assignment.expires_at = expiry(settings)
        assignment.save(update_fields=["expires_at"])
    return assignment


def expiry(settings: ProjectSettings) -> datetime:
    """When a lease that begins now runs out."""
    return timezone.now() + timedelta(seconds=settings.lease_seconds)


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
    else:
        # The task does not change, but may be given to this person again.
        finding.leave_place(assignment.task.project_id, assignment.person_id)
    assignment.slot = None
    assignment.state = state
    assignment.save(update_fields=["slot", "state", "skip_reason"])


_LOCK = f"""
SELECT {statements.columns(Assignment, "a")}, {statements.columns(Task, "t")}
FROM annotation_assignment a JOIN annotation_task t ON t.id = a.task_id
WHERE a.id = %(assignment)s AND a.person_id = %(person)s FOR UPDATE OF t, a
"""  # noqa: S608 - no values, names of our own


def lock_task_of(assignment_id: int, person: Person) -> tuple[Task, Assignment]:
    """Lock the task of a person's own assignment, then the assignment.

    Raises:
        LeaseError: there is no such assignment of this person.
    """
    found = statements.row(_LOCK, {"assignment": assignment_id, "person": person.pk})
    if found is None:
        raise LeaseError(_("This item is not yours. Reload the page to get one that is."))
    width = len(Assignment._meta.concrete_fields)
    assignment = statements.instance(Assignment, found[:width])
    assignment.task = statements.instance(Task, found[width:])
    return assignment.task, assignment


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
        work_counts.note_skipped(task.project_id, person.pk)
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
