"""How many labelers answer each task, changed while they are at it.

Raised, complete tasks open again; lowered, tasks with answers enough are complete, and nothing that
was counted stops counting: such a task keeps as many slots as it has answers. It is done in
pieces, each under the locks of its tasks, so labelers pass over a piece and never wait for all.
Whoever holds an item keeps its slot while there are slots; else the answer becomes surplus.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from annotation import long_changes
from annotation.models import LongChange, ProjectSettings, Task
from annotation.models.projects import MAX_OVERLAP
from labelers import audit
from labelers.models import Person, Project

PIECE = 500
"""Tasks per transaction: a good tenth of a second, for which an answer to one of them waits."""


@dataclass(frozen=True)
class Preview:
    """What a change would do to tasks as they are now.

    ``wanted`` is how many judgments are wanted in all afterwards, ``kept`` how many tasks keep more
    than the new number because they have more answers.
    """

    overlap: int
    before: int
    tasks: int
    reopened: int
    closed: int
    kept: int
    wanted: int


def changeable(project: Project) -> QuerySet[Task]:
    """The tasks that the overlap is about: not gold, which has no slots, not the next turns of
    conversations, which are one person's, and not what nobody is asked."""
    return Task.objects.filter(project=project, is_gold=False, follows=None, overlap__gt=0)


def preview(*, project: Project, overlap: int) -> Preview:
    """What changing to `overlap` would do now; changes nothing.

    Raises:
        ValidationError: it is no possible number, or the one that holds.
    """
    before = ProjectSettings.objects.get(project=project).overlap
    _check(project, overlap, before)
    closed, is_open = Q(state=Task.State.CLOSED), Q(state=Task.State.OPEN)
    counts = changeable(project).aggregate(
        tasks=Count("id"),
        reopened=Count("id", filter=closed & Q(counted__lt=overlap)),
        closed=Count("id", filter=is_open & Q(counted__gte=overlap)),
        kept=Count("id", filter=Q(counted__gt=overlap)),
        wanted=Sum(Greatest(F("counted"), overlap), default=0),
    )
    return Preview(overlap=overlap, before=before, **counts)


def _check(project: Project, overlap: int, before: int) -> None:
    if not 1 <= overlap <= MAX_OVERLAP:
        raise ValidationError({"overlap": _("Give a number from 1 to %d.") % MAX_OVERLAP})
    last = long_changes.latest(project, LongChange.Kind.OVERLAP).first()
    is_half_done = last is not None and last.state == LongChange.State.FAILED
    if overlap == before and not is_half_done:
        raise ValidationError({"overlap": _("It is this already; give another number.")})


@transaction.atomic
def change_overlap(
    *, project: Project, overlap: int, changed_by: Person, in_background: bool = True
) -> LongChange:
    """Have `overlap` labelers answer each task of `project`; new tasks get it from now on.

    Raises:
        ValidationError: as `preview`, or a change is under way.
    """
    settings = ProjectSettings.objects.select_for_update().get(project=project)
    before = settings.overlap
    _check(project, overlap, before)
    settings.overlap = overlap
    settings.save(update_fields=["overlap"])
    change = long_changes.begin(
        project=project,
        kind=LongChange.Kind.OVERLAP,
        detail={"before": before, "overlap": overlap},
        total=changeable(project).count(),
        begun_by=changed_by,
        in_background=in_background,
    )
    audit.record(
        actor=changed_by,
        action="overlap.changed",
        project=project,
        subject=f"project:{project.slug}",
        before=before,
        overlap=overlap,
    )
    return change


def change_piece(change: LongChange) -> int:
    """Change the tasks after ``change.last``; returns how many, 0 at the end.

    Called in a transaction that holds the row of `change`.
    """
    overlap = change.detail["overlap"]
    ahead = changeable(change.project).filter(pk__gt=change.last).order_by("pk")
    # NO KEY: rows that refer to a task may still be written.
    locked = ahead.select_for_update(no_key=True, of=("self",))
    tasks = list(locked.values_list("pk", "state", "counted")[:PIECE])
    if not tasks:
        return 0
    keys = [pk for pk, _state, _counted in tasks]
    with connection.cursor() as cursor:
        given = {"tasks": keys, "overlap": overlap}
        for statement in (_GIVE_WAY, _MOVE_LEASES, _SETTLE):
            cursor.execute(statement, given)
    counts: dict[str, Any] = {"reopened": 0, "closed": 0, **change.counts}
    for _pk, state, counted in tasks:
        counts["reopened"] += state == Task.State.CLOSED and counted < overlap
        counts["closed"] += state == Task.State.OPEN and counted >= overlap
    change.counts, change.last = counts, keys[-1]
    return len(keys)


_GIVE_WAY = """
    -- Leases beyond what is left beside counted answers lose their slot; they stay with whoever
    -- has them. Those with low slots stay, so that as few as possible have to move.
    WITH wanted AS (
        SELECT id, greatest(counted, %(overlap)s) AS overlap, counted
        FROM annotation_task WHERE id = ANY(%(tasks)s)
    ), held AS (
        SELECT a.id, w.overlap - w.counted AS room,
            row_number() OVER (PARTITION BY a.task_id ORDER BY a.slot) AS place
        FROM annotation_assignment a JOIN wanted w ON w.id = a.task_id
        WHERE a.slot IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM annotation_judgment j WHERE j.task_id = a.task_id AND j.slot = a.slot
                AND j.is_current AND j.standing = 'counted')
    )
    UPDATE annotation_assignment a SET slot = NULL FROM held
    WHERE held.id = a.id AND held.place > held.room
"""

_MOVE_LEASES = """
    -- Whoever stays with a slot beyond the new number moves to one that is free below it, the
    -- counted answer with its assignment.
    WITH wanted AS (
        SELECT id, greatest(counted, %(overlap)s) AS overlap
        FROM annotation_task WHERE id = ANY(%(tasks)s)
    ), movers AS (
        SELECT a.id, a.task_id, a.person_id, a.slot,
            row_number() OVER (PARTITION BY a.task_id ORDER BY a.slot) AS place
        FROM annotation_assignment a JOIN wanted w ON w.id = a.task_id
        WHERE a.slot > w.overlap
    ), gaps AS (
        SELECT w.id AS task_id, s AS slot, row_number() OVER (PARTITION BY w.id ORDER BY s) AS place
        FROM wanted w CROSS JOIN LATERAL generate_series(1, w.overlap) s
        WHERE w.id IN (SELECT task_id FROM movers) AND NOT EXISTS (
            SELECT 1 FROM annotation_assignment a WHERE a.task_id = w.id AND a.slot = s)
    ), moves AS (
        SELECT m.id, m.task_id, m.person_id, m.slot AS old, g.slot AS new
        FROM movers m JOIN gaps g ON g.task_id = m.task_id AND g.place = m.place
    ), answers AS (
        UPDATE annotation_judgment j SET slot = moves.new FROM moves
        WHERE j.task_id = moves.task_id AND j.person_id = moves.person_id AND j.slot = moves.old
    )
    UPDATE annotation_assignment a SET slot = moves.new FROM moves WHERE a.id = moves.id
"""

_SETTLE = """
    WITH held AS (
        SELECT t.id, greatest(t.counted, %(overlap)s) AS overlap, (
            SELECT count(*) FROM annotation_assignment a
            WHERE a.task_id = t.id AND a.slot IS NOT NULL
        ) AS slots
        FROM annotation_task t WHERE t.id = ANY(%(tasks)s)
    )
    UPDATE annotation_task t SET overlap = held.overlap, free_slots = held.overlap - held.slots,
        state = CASE
            WHEN t.state = 'retired' THEN t.state
            WHEN t.counted >= held.overlap THEN 'closed'
            ELSE 'open' END
    FROM held WHERE held.id = t.id
"""
