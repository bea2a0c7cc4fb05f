"""What a labeler is shown of their own work: how much is done, how much is left. Kept, not counted.

Counting takes the longer the more there is, so what was counted is kept at the labeler's desk and
goes up and down with each answer; it is counted anew when it is old or something was taken back.
It goes down by one with every item, so that it does not tell gold from other items; of very many
open tasks it is right to a few.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from annotation import openings
from annotation.models import Assignment, Desk, Judgment, Task
from annotation.models.tasks import QUEUE
from annotation.seats import Counts, Seat, seat_of
from labelers import statements
from labelers.models import Person, Project

STORED = ("counted", "surplus", "gold")

EXACT = 20_000
"""Up to so many open tasks those left for a labeler are counted one by one."""

_AGES = ((100, 5), (EXACT, 60))
_LONGEST_AGE = 600

NOTE_DONE = """
    UPDATE annotation_desk SET done = done + 1, done_today = done_today + 1,
        "left" = greatest("left" - 1, 0)
    WHERE project_id = %(project)s AND person_id = %(person)s AND %(is_new_work)s::bool
"""
"""Part of the statement that stores an answer: one more is done, one fewer is left."""


def note_skipped(project: int, person: int) -> None:
    """One item fewer is left for somebody."""
    mine = Desk.objects.filter(project=project, person=person)
    mine.update(left=Greatest(F("left") - 1, 0))


def counts_of(seat: Seat) -> Counts:
    """What the person of `seat` has done and what is left for them, as kept or counted anew."""
    kept = seat.counts
    if kept is not None and is_fresh(kept.left, kept.counted_at, seat.now):
        return kept
    return _count(seat)


def kept_by_project(
    person: Person, projects: Sequence[Project]
) -> tuple[dict[int, dict[str, int]], list[Project]]:
    """The counts of `person` in those projects where they are kept, and the other projects.

    Where the queue is long they are counted and kept if they were not.
    """
    now = timezone.now()
    found = Desk.objects.filter(Q(person=person) | Q(person=None), project__in=projects)
    desks = {(desk.project_id, desk.person_id): desk for desk in found.exclude(counted_at=None)}
    kept: dict[int, dict[str, int]] = {}
    others = []
    for project in projects:
        own, queue = desks.get((project.pk, person.pk)), desks.get((project.pk, None))
        if own is not None and is_fresh(own.left, own.counted_at, now):
            kept[project.pk] = _as_shown(own)
        elif queue is not None and queue.left > EXACT:
            kept[project.pk] = _as_shown(counts_of(seat_of(project, person)))
        else:
            others.append(project)
    return kept, others


def _as_shown(counts: Counts | Desk) -> dict[str, int]:
    return {"done": counts.done, "done_today": counts.done_today, "left": counts.left}


_COUNTS = """
SELECT d.done, d.done_today, d."left", d.counted_at, now() FROM annotation_desk d
WHERE d.project_id = %(project)s AND d.person_id = %(person)s
"""


def looked_at_again(seat: Seat, found: Sequence[Any] | None = None) -> Seat:
    """The same seat with the counts as they are now; `found` are they where somebody has looked."""
    if found is None:
        values = {"project": seat.project.pk, "person": seat.person.pk}
        found = statements.row(_COUNTS, values)
    if found is None or found[3] is None:
        return replace(seat, counts=None)
    return replace(seat, counts=Counts(*found[:4]), now=found[4])


def is_fresh(left: int, counted_at: datetime, now: datetime) -> bool:
    """Whether what was counted then still serves: where little is left, not for long."""
    if timezone.localdate(counted_at) != timezone.localdate(now):
        return False
    seconds = next((age for most, age in _AGES if left <= most), _LONGEST_AGE)
    return now - counted_at < timedelta(seconds=seconds)


@transaction.atomic
def _count(seat: Seat) -> Counts:
    project, person = seat.project, seat.person
    stored = Judgment.objects.filter(
        person=person, task__project=project, is_current=True, standing__in=STORED
    )
    midnight = timezone.localtime(seat.now).replace(hour=0, minute=0, second=0, microsecond=0)
    of_today = stored.filter(
        ~answered_before(person=person, moment=midnight), created_at__gte=midnight
    )
    done = stored.count()
    held = Assignment.objects.filter(
        person=person,
        task__project=project,
        state=Assignment.State.LIVE,
        purpose=Assignment.Purpose.WORK,
    )
    takeable = _takeable(seat)
    open_gold = Task.objects.filter(project=project, is_gold=True, state=Task.State.OPEN)
    ahead = gold_ahead(
        rate=seat.settings.gold_rate,
        takeable=takeable,
        done=done,
        unseen=openings.unseen(project, person).filter(pk__in=open_gold).count(),
        seen=gold_given(person).filter(task__project=project).count(),
    )
    counts = Counts(done, of_today.count(), takeable + held.count() + ahead, seat.now)
    Desk.objects.update_or_create(
        project=project,
        person=person,
        defaults={
            "done": counts.done,
            "done_today": counts.done_today,
            "left": counts.left,
            "counted_at": counts.counted_at,
        },
    )
    return counts


# Open tasks of the person's own: given out to others still, but not to them any more.
_HAD = """
SELECT count(*) FROM annotation_assignment a JOIN annotation_task t ON t.id = a.task_id
WHERE a.person_id = %(person)s AND (a.state <> 'expired' OR a.purpose = 'adjudication')
AND t.project_id = %(project)s AND t.free_slots > 0 AND NOT t.is_gold AND t.state = 'open'
"""


def _takeable(seat: Seat) -> int:
    """How many ordinary tasks could be given to the person of `seat`."""
    queued = open_tasks(seat.project, seat.now)
    if queued <= EXACT:
        return openings.takeable(seat.project, seat.person).count()
    values = {"project": seat.project.pk, "person": seat.person.pk}
    had = int(statements.rows(_HAD, values)[0][0])
    return max(round((queued - had) * _share_fitting(seat)), 0)


def _share_fitting(seat: Seat) -> float:
    """Of the first tasks of the queue, the share that is not kept from the person of `seat`."""
    if not seat.limits.barred and seat.limits.languages is None:
        return 1.0
    found = openings.queued(seat.project).order_by(*QUEUE)[:EXACT]
    looked_at = Task.objects.filter(pk__in=found.values("pk"))
    fitting = openings.fitting(looked_at, seat.project, seat.person).count()
    return fitting / EXACT


def open_tasks(project: Project, now: datetime) -> int:
    """How many tasks of `project` have a free slot; where there are many, some minutes ago."""
    kept = Desk.objects.filter(project=project, person=None).values("left", "counted_at").first()
    is_kept = kept and kept["counted_at"] and kept["left"] > EXACT
    if is_kept and is_fresh(kept["left"], kept["counted_at"], now):
        return int(kept["left"])
    queued = openings.queued(project).count()
    if queued > EXACT:
        Desk.objects.update_or_create(
            project=project, person=None, defaults={"left": queued, "counted_at": now}
        )
    return queued


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
