"""Voiding: one deed takes a labeler's answers since a time out of everything, and can be undone.

Their tasks are asked again of others. What was frozen or trained before says by itself that it
holds them (`exports.voiding`); whether the labeler may go on is decided elsewhere. All of it is
set-based, so that fifty thousand answers take seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.models import Assignment, Consensus, Judgment, Task, Voiding
from labelers import audit, notifying
from labelers.models import Person, Project

Standing = Judgment.Standing
VOIDABLE = (Standing.COUNTED, Standing.SURPLUS, Standing.GOLD, Standing.ADJUDICATION)
"""Practice is no work, and what was imported has no person here who could have done it."""

LONGEST_REASON = 1000


@dataclass(frozen=True)
class Preview:
    """What voiding would touch: answers by standing, tasks that are asked again, and when the first
    and the last of the answers were given."""

    standings: dict[str, int]
    reopened: int
    first: datetime | None
    last: datetime | None

    @property
    def judgments(self) -> int:
        """How many answers in all."""
        return sum(self.standings.values())


def preview(*, project: Project, person: Person, since: datetime) -> Preview:
    """What `void` would do now; changes nothing."""
    rows = list(
        standing_since(project, person, since)
        .order_by("created_at")
        .values_list("standing", "task__state", "created_at")
    )
    return Preview(
        standings=dict(Counter(standing for standing, _state, _at in rows)),
        reopened=sum(
            standing == Standing.COUNTED and state == Task.State.CLOSED
            for standing, state, _at in rows
        ),
        first=rows[0][2] if rows else None,
        last=rows[-1][2] if rows else None,
    )


def standing_since(project: Project, person: Person, since: datetime) -> QuerySet[Judgment]:
    """The answers of `person` since then that can be voided."""
    return Judgment.objects.filter(
        task__project=project,
        person=person,
        is_current=True,
        standing__in=VOIDABLE,
        created_at__gte=since,
    )


@transaction.atomic
def void(
    *, project: Project, person: Person, since: datetime, reason: str, voided_by: Person | None
) -> Voiding:
    """Void every answer of `person` since then and ask their tasks again of others.

    An answer that is being sent meanwhile is either stored before and voided, or stored after.

    Raises:
        ValidationError: by field; without a reason, or where there is nothing to void.
    """
    reason = _checked(reason, since)
    # One voiding of a project at a time: each locks many tasks.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    locked = lock_tasks(_tasks_in_hand(project, person, since))
    rows = list(
        standing_since(project, person, since)
        .filter(task__in=locked)
        .values_list("pk", "standing", "task_id")
    )
    if not rows:
        raise ValidationError({"since": _("No answer of this labeler since then counts.")})
    made = Voiding.objects.create(
        project=project, person=person, since=since, reason=reason, voided_by=voided_by
    )
    Judgment.objects.filter(pk__in=[pk for pk, _standing, _task in rows]).update(
        standing=Standing.VOIDED, is_current=False, slot=None, voiding=made
    )
    counted = [task for _pk, standing, task in rows if standing == Standing.COUNTED]
    reopened = _free_slots(counted, person)
    forget_consensus([task for _pk, _standing, task in rows])
    retired = _retire_next_turns(made)
    counts = {"judgments": len(rows), "counted": len(counted), "reopened": reopened}
    made.before = {
        "standings": {pk: standing for pk, standing, _task in rows},
        "retired": retired,
        "counts": counts,
    }
    made.save(update_fields=["before"])
    write_down(
        made, voided_by, "judgments.voided", reason=reason, since=since.isoformat(), **counts
    )
    notifying.notify(
        person=person,
        project=project,
        kind="judgments_voided",
        detail={"count": len(rows), "note": reason},
    )
    return made


def _checked(reason: str, since: datetime) -> str:
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Say why; the labeler reads it.")})
    if len(reason) > LONGEST_REASON:
        raise ValidationError({"reason": _("At most 1000 characters are kept; shorten it.")})
    if "\0" in reason:
        raise ValidationError({"reason": _("It contains a NUL character; remove it.")})
    if since.year < 2000:
        raise ValidationError({"since": _("This is too long ago; give a later time.")})
    if since > timezone.now():
        raise ValidationError({"since": _("This time is still to come; give an earlier one.")})
    return reason


def _tasks_in_hand(project: Project, person: Person, since: datetime) -> set[int]:
    """The tasks whose answers are voided, and those that an answer may be on its way to."""
    answered = standing_since(project, person, since).values_list("task_id", flat=True)
    held = Assignment.objects.filter(
        task__project=project, person=person, state=Assignment.State.LIVE
    )
    return {*answered, *held.values_list("task_id", flat=True)}


def lock_tasks(tasks: Collection[int]) -> list[int]:
    """Lock tasks against answers; other rows may still begin to refer to them."""
    found = Task.objects.filter(pk__in=tasks).order_by("pk").select_for_update(no_key=True)
    return list(found.values_list("pk", flat=True))


def _free_slots(tasks: Sequence[int], person: Person) -> int:
    """Take one counted answer of `person` off each of the locked `tasks`; how many opened again."""
    held = Assignment.objects.filter(task__in=tasks, person=person, slot__isnull=False)
    list(held.order_by("pk").select_for_update().values_list("pk", flat=True))
    # The assignment stays: who has answered an item does not get it again.
    held.update(slot=None)
    found = Task.objects.filter(pk__in=tasks)
    closed = Q(state=Task.State.CLOSED)
    reopened = found.filter(closed).count()
    # One statement: each pass over fifty thousand rows and their indexes takes its second.
    found.update(
        counted=F("counted") - 1,
        free_slots=F("free_slots") + 1,
        state=Case(When(closed, then=Value(Task.State.OPEN)), default=F("state")),
        # A turn of a conversation waits no longer for the one whose turn is void.
        reserved_for=Case(When(reserved_for=person, then=None), default=F("reserved_for")),
    )
    return reopened


def forget_consensus(tasks: Collection[int]) -> None:
    """It is made anew from what is left; that one answer came and one went must not hide it."""
    Consensus.objects.filter(task__in=tasks).delete()


_NEXT_TURNS = """
    WITH RECURSIVE later AS (
        SELECT t.id, t.state FROM annotation_task t
        JOIN annotation_judgment j ON j.id = t.follows_id WHERE j.voiding_id = %s
        UNION
        SELECT t.id, t.state FROM later
        JOIN annotation_judgment j ON j.task_id = later.id
        JOIN annotation_task t ON t.follows_id = j.id
    )
    SELECT id FROM later WHERE state = 'open' AND NOT EXISTS (
        SELECT 1 FROM annotation_judgment j WHERE j.task_id = later.id AND j.is_current
    ) ORDER BY id
"""


def _retire_next_turns(made: Voiding) -> list[int]:
    """Ask nobody to go on from a voided turn; what others have written on it stays theirs.

    An export leaves out a conversation with a voided turn by itself.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_TURNS, [made.pk])
        waiting = [task for (task,) in cursor.fetchall()]
    retired = lock_tasks(waiting)
    Task.objects.filter(pk__in=retired).update(state=Task.State.RETIRED)
    return retired


def write_down(made: Voiding, actor: Person | None, action: str, **detail: Any) -> None:
    """The audit row of a voiding or of its undoing."""
    audit.record(
        actor=actor,
        action=action,
        project=made.project,
        subject=f"person:{made.person_id}",
        voiding=made.pk,
        **detail,
    )


def voidings_of(project: Project, person: Person) -> list[dict[str, Any]]:
    """The voidings of a labeler's answers, newest first, each with its ``counts``."""
    found = Voiding.objects.filter(project=project, person=person)
    names = ("pk", "since", "reason", "voided_at", "restored_at", "before__counts")
    people = ("voided_by__username", "restored_by__username")
    return [{**row, "counts": row["before__counts"] or {}} for row in found.values(*names, *people)]
