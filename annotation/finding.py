"""Finding the next task at the same cost in any project, from a kept place in its queue.

The queue is the index of open tasks with a free slot, by priority, value and age. Before a
labeler's place in it (`Desk`) there is nothing for them, so a search walks over what was closed or
seen since the last one, not over all of it. What comes back before the place is noted by triggers
in the task itself (``returned``), what comes new in bulk as an `Influx`; both carry the number of
their transaction, and a search looks at those that had not ended when the place was found. Places
only save steps: before anybody is told that nothing is left, the queue is searched without them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from annotation.conversing import RESERVED_FOR
from annotation.models import Desk, Influx
from annotation.seats import Place, Seat
from labelers import statements
from labelers.models import Person, Project

MOST_RETURNED = 500
"""More tasks than that which came back are not looked at one by one: the search begins anew."""

ANEW_AFTER = timedelta(hours=1)
"""What only time brings back (a turn that was reserved) waits no longer than that."""

INFLUX_KEPT = timedelta(days=1)

START = Place(float("inf"), float("inf"), 0, 0)
END = Place(float("-inf"), float("-inf"), 2**63 - 1, 0)

# The predicate of the index, word for word.
_QUEUED = "t.project_id = %(project)s AND t.free_slots > 0 AND NOT t.is_gold AND t.state = 'open'"
# So does the order: a comparison of whole rows is one stretch of an index that ascends throughout.
_KEY = "(- t.priority, - t.value, t.{id})"
_PLACE = "(- %(priority)s::float8, - %(value)s::float8, %(task)s::bigint)"
_ORDER = "- t.priority, - t.value, t.{id}"
_AT, _BY = _KEY.format(id="id"), _ORDER.format(id="id")
_STREAM_AT, _STREAM_BY = _KEY.format(id="task"), _ORDER.format(id="task")

# Subqueries that cannot become joins: each is one look into an index for each task on the way.
_MINE = """
    (SELECT 1 FROM annotation_assignment a WHERE a.task_id = t.id AND a.person_id = %(person)s
     AND (a.state <> 'expired' OR a.purpose = 'adjudication') LIMIT 1) IS NULL
    AND (t.not_for_id IS NULL OR t.not_for_id <> %(person)s)
    AND (t.reserved_for_id IS NULL OR t.reserved_for_id = %(person)s
         OR t.created_at < %(waited)s)
    AND (NOT t.trusted_only OR %(is_trusted)s::bool)
"""
_TOPICS = """
    AND (SELECT 1 FROM annotation_prompt p WHERE p.id = t.prompt_id
         AND p.tags && %(barred)s::varchar[] LIMIT 1) IS NULL
"""
_LANGUAGES = """
    AND (SELECT 1 FROM annotation_prompt p WHERE p.id = t.prompt_id AND p.language <> ''
         AND lower(split_part(translate(p.language, '_', '-'), '-', 1))
             <> ALL (%(languages)s::text[]) LIMIT 1) IS NULL
"""


def _walk(mine: str, start: str, *, locks: str = "", when: str = "true") -> str:
    """The first task from a place on."""
    return (
        f"SELECT t.id, t.priority, t.value FROM annotation_task t WHERE {when}"  # noqa: S608
        f" AND {_QUEUED} AND {_AT} >= {start} AND {mine} ORDER BY {_BY} LIMIT 1 {locks}"
    )


_FIRST = """((SELECT - priority FROM first), (SELECT - value FROM first),
    (SELECT id FROM first))"""
_NOW = """now_is AS MATERIALIZED (
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest,
           greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
                    pg_current_xact_id_if_assigned()::text::bigint + 1) AS newest)"""
_LOCKED = "FOR UPDATE OF t SKIP LOCKED"
_TAKEN = """taken AS (UPDATE annotation_task t SET free_slots = t.free_slots - 1
    FROM claimed WHERE t.id = claimed.id RETURNING t.id)"""
_SHOWN = "(SELECT count(*) FROM annotation_taskresponse s WHERE s.task_id = taken.id)"


def _search(mine: str) -> str:
    """Look at what came back, walk from the place, take what is found and keep the new place.

    Nothing is taken where something came back before the place: that is first.
    """
    return f"""
WITH {_NOW},
came AS MATERIALIZED (
    SELECT t.id, CASE WHEN {_AT} < {_PLACE} THEN {mine} ELSE false END AS fits
    FROM (SELECT t.* FROM annotation_task t WHERE {_QUEUED} AND t.returned >= %(since)s
          AND t.returned < (SELECT newest FROM now_is) AND %(looks)s::bool
          LIMIT {MOST_RETURNED + 1}) t),
stream AS MATERIALIZED (
    SELECT t.priority, t.value, t.task FROM annotation_influx t WHERE t.project_id = %(project)s
    AND t.transaction >= %(since)s AND t.transaction < (SELECT newest FROM now_is)
    AND %(looks)s::bool AND {_STREAM_AT} < {_PLACE}
    ORDER BY {_STREAM_BY} LIMIT 1),
seen AS MATERIALIZED (
    SELECT (SELECT count(*) FROM came) AS came,
        ARRAY(SELECT id FROM came WHERE fits) AS fitting,
        %(looks)s::bool AND (SELECT newest FROM now_is) < %(since)s AS is_of_another_server),
clear AS MATERIALIZED (
    SELECT came <= {MOST_RETURNED} AND fitting = '{{}}' AND NOT is_of_another_server
        AND NOT EXISTS (SELECT 1 FROM stream) AS is_clear FROM seen),
first AS MATERIALIZED ({_walk(mine, _PLACE, when="(SELECT is_clear FROM clear)")}),
claimed AS MATERIALIZED ({_walk(mine, _FIRST, locks=_LOCKED)}),
{_TAKEN},
moved AS (UPDATE annotation_desk d SET since = (SELECT oldest FROM now_is),
        priority = coalesce((SELECT priority FROM first), '-Infinity'),
        value = coalesce((SELECT value FROM first), '-Infinity'),
        task = coalesce((SELECT id FROM first), {END.task})
    WHERE d.project_id = %(project)s AND d.person_id = %(person)s
    AND %(looks)s::bool AND (SELECT is_clear FROM clear))
SELECT (SELECT is_clear FROM clear), seen.came, seen.fitting, seen.is_of_another_server,
    (SELECT ARRAY[priority, value] FROM stream), (SELECT task FROM stream),
    (SELECT oldest FROM now_is), taken.id, {_SHOWN}
FROM seen LEFT JOIN taken ON true
"""  # noqa: S608 - no values, names of our own


def _take_one_of(mine: str) -> str:
    """Take the first of some tasks that nobody has locked."""
    return f"""
WITH claimed AS MATERIALIZED (
    SELECT t.id FROM annotation_task t WHERE {_QUEUED} AND t.id = ANY (%(tasks)s::bigint[])
    AND {mine} ORDER BY {_BY} LIMIT 1 {_LOCKED}), {_TAKEN}
SELECT taken.id, {_SHOWN} FROM taken
"""  # noqa: S608 - no values, names of our own


def _take_any(mine: str) -> str:
    """Take the first task of the whole queue that nobody has locked."""
    return f"""
WITH claimed AS MATERIALIZED (
    SELECT t.id FROM annotation_task t WHERE {_QUEUED} AND {mine}
    ORDER BY {_BY} LIMIT 1 {_LOCKED}), {_TAKEN}
SELECT taken.id, {_SHOWN} FROM taken
"""  # noqa: S608 - no values, names of our own


_FRONTIER = f"""
WITH {_NOW},
first AS MATERIALIZED ({_walk("true", _PLACE)}),
came AS MATERIALIZED (
    SELECT t.id, t.priority, t.value FROM annotation_task t WHERE {_QUEUED}
    AND t.returned >= %(since)s AND {_AT} < {_PLACE} ORDER BY {_BY} LIMIT 1),
stream AS MATERIALIZED (
    SELECT t.task, t.priority, t.value FROM annotation_influx t WHERE t.project_id = %(project)s
    AND t.transaction >= %(since)s AND {_STREAM_AT} < {_PLACE}
    ORDER BY {_STREAM_BY} LIMIT 1),
best AS (
    SELECT * FROM (SELECT * FROM first UNION ALL SELECT * FROM came UNION ALL SELECT * FROM stream)
    t ORDER BY {_BY} LIMIT 1)
SELECT now_is.newest < %(since)s, now_is.oldest, best.priority, best.value, best.id
FROM now_is LEFT JOIN best ON true
"""  # noqa: S608 - no values, names of our own

_KEEP_PLACE = """
INSERT INTO annotation_desk (project_id, person_id, priority, value, task, since, limits, began_at)
VALUES (%(project)s, %(person)s::bigint, %(priority)s, %(value)s, %(task)s, %(since)s, %(limits)s,
    now())
ON CONFLICT (project_id, person_id) DO UPDATE SET priority = excluded.priority,
    value = excluded.value, task = excluded.task, since = excluded.since,
    limits = excluded.limits, began_at = excluded.began_at
"""


@dataclass(frozen=True)
class Taken:
    """A task whose free slot was taken; its row stays locked until the transaction ends."""

    task: int
    responses: int


def take_next(seat: Seat) -> Taken | None:
    """Take a free slot of the next task for the person of `seat`, from where they are.

    None where nothing is found: then `take_any` says whether that is so.
    """
    place = seat.place
    if place is None or seat.began_at is None or seat.now - seat.began_at > ANEW_AFTER:
        place = _begin_anew(seat)
    # Twice at most something makes it begin elsewhere: too much came back, much came new.
    for _attempt in range(3):
        found = _Found(*statements.rows(_statement("search", seat), _values(seat, place))[0])
        if found.is_clear:
            return found.taken
        if found.is_of_another_server or found.came > MOST_RETURNED:
            place = _begin_anew(seat)
        elif found.fitting:
            return _take_returned(seat, place, found.fitting)
        elif found.stream_key is not None:
            place = Place(*found.stream_key, found.stream_task, found.oldest)
    return None


def take_any(seat: Seat) -> Taken | None:
    """Take a free slot of the first task in the queue, searched from its beginning."""
    found = statements.row(_statement("any", seat), _values(seat, START))
    if found is None:
        return None
    _begin_anew(seat)
    return Taken(*found)


def leave_place(project: int, person: int) -> None:
    """Let the next search of that person begin anew: something came back to them alone."""
    Desk.objects.filter(project=project, person=person).update(task=None)


@transaction.atomic
def forget_influxes() -> int:
    """Delete notes of tasks that came long ago; who has not looked since then begins anew."""
    old = Influx.objects.filter(came_at__lt=timezone.now() - INFLUX_KEPT)
    last = old.aggregate(last=Max("transaction"))["last"]
    if last is None:
        return 0
    Desk.objects.filter(since__lte=last).update(task=None)
    return old.delete()[0]


@dataclass(frozen=True)
class _Found:
    """What a search came to; ``taken`` where nothing came back before the place."""

    is_clear: bool
    came: int
    fitting: list[int]
    is_of_another_server: bool
    stream_key: list[float] | None
    stream_task: int
    oldest: int
    task: int | None
    responses: int

    @property
    def taken(self) -> Taken | None:
        return None if self.task is None else Taken(self.task, self.responses)


def _take_returned(seat: Seat, place: Place, tasks: list[int]) -> Taken | None:
    values = {**_values(seat, place), "tasks": tasks}
    found = statements.row(_statement("one", seat), values)
    if found is not None:
        return Taken(*found)
    # Others are about to take all of these; what they leave is looked at again.
    values = {**_values(seat, place), "looks": False}
    return _Found(*statements.rows(_statement("search", seat), values)[0]).taken


def _begin_anew(seat: Seat) -> Place:
    """Begin where the project's own place is, before which there is nothing for anybody."""
    place = _frontier(seat.project)
    _keep(seat.project, seat.person, place, str(seat.limits))
    return place


def _frontier(project: Project) -> Place:
    """The project's own place as it is now; moved for those who come, unless somebody does."""
    kept = (
        Desk.objects.filter(project=project, person=None, task__isnull=False)
        .select_for_update(skip_locked=True)
        .first()
    )
    place = START
    if kept is not None:
        place = Place(kept.priority, kept.value, kept.task, kept.since)
    is_foreign, oldest, *key = _look_for_all(project, place)
    if is_foreign:
        _foreign, oldest, *key = _look_for_all(project, START)
    found = END if key[0] is None else Place(*key, 0)
    found = replace(found, since=oldest)
    if kept is not None or not Desk.objects.filter(project=project, person=None).exists():
        _keep(project, None, found, "")
    return found


def _look_for_all(project: Project, place: Place) -> tuple[Any, ...]:
    return statements.rows(_FRONTIER, {"project": project.pk, **vars(place)})[0]


def _keep(project: Project, person: Person | None, place: Place, limits: str) -> None:
    statements.rows(
        _KEEP_PLACE,
        {
            "project": project.pk,
            "person": person and person.pk,
            "limits": limits,
            **vars(place),
        },
    )


def _values(seat: Seat, place: Place) -> dict[str, Any]:
    return {
        "project": seat.project.pk,
        "person": seat.person.pk,
        "waited": seat.now - RESERVED_FOR,
        "is_trusted": seat.limits.is_trusted,
        "barred": list(seat.limits.barred),
        "languages": list(seat.limits.languages or ()),
        "looks": True,
        **vars(place),
    }


_STATEMENTS = {"search": _search, "one": _take_one_of, "any": _take_any}


def _statement(name: str, seat: Seat) -> str:
    return _written(name, bool(seat.limits.barred), seat.limits.languages is not None)


@cache
def _written(name: str, has_topics: bool, has_languages: bool) -> str:
    mine = _MINE + (_TOPICS if has_topics else "") + (_LANGUAGES if has_languages else "")
    # Without its line ends a statement is short enough for psycopg to keep what it read of it.
    return " ".join(_STATEMENTS[name](mine).split())
