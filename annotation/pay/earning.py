"""What is due to whom: every payable item with the rate that held when it was first answered.

An item is payable while the answer of its labeler counts, is surplus or answers gold; training,
exam and second looks where the rate says so. What is voided, taken back or never answered is not.
Amounts are exact; whoever shows or pays a sum rounds it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from labelers.models import Person, Project

_ITEMS = """
    WITH rates AS (
        SELECT *, lead(holds_from) OVER (ORDER BY holds_from, id) AS holds_until
        FROM annotation_payrate WHERE project_id = %(project)s
    ), items AS (
        SELECT j.person_id, j.task_id, t.kind, coalesce(a.purpose, 'work') AS purpose,
            min(j.created_at) FILTER (WHERE j.standing <> 'withdrawn') AS first,
            coalesce(sum(j.seconds) FILTER (WHERE j.standing <> 'voided'), 0)::numeric AS seconds,
            max(CASE WHEN j.is_current AND jsonb_typeof(j.answer -> 'turns') = 'array'
                THEN jsonb_array_length(j.answer -> 'turns') ELSE 0 END) AS turns
        FROM annotation_judgment j
        JOIN annotation_task t ON t.id = j.task_id
        LEFT JOIN annotation_assignment a ON a.task_id = j.task_id AND a.person_id = j.person_id
        WHERE t.project_id = %(project)s
            AND (%(person)s::bigint IS NULL OR j.person_id = %(person)s::bigint)
            AND j.person_id IS NOT NULL
        GROUP BY j.person_id, j.task_id, t.kind, a.purpose
        HAVING bool_or(j.is_current AND j.standing IN
            ('counted', 'surplus', 'gold', 'practice', 'adjudication'))
    ), due AS (
        SELECT i.person_id, i.first, least(i.seconds, r.cap_seconds) AS seconds, round(
            CASE WHEN i.kind = 'conversation' THEN r.per_turn * i.turns ELSE r.per_item END
            + r.per_hour * least(i.seconds, r.cap_seconds) / 3600, 8) AS amount
        FROM items i
        JOIN rates r ON i.first >= r.holds_from
            AND (r.holds_until IS NULL OR i.first < r.holds_until)
        WHERE CASE i.purpose WHEN 'training' THEN r.pays_training WHEN 'exam' THEN r.pays_exam
            WHEN 'adjudication' THEN r.pays_second_looks ELSE true END
    )
"""


@dataclass(frozen=True)
class Due:
    """What is due to one person for items first answered before a time, and of it before another.

    ``items`` and ``seconds`` are those in between; amounts are in the currency, exact.
    """

    items: int
    seconds: Decimal
    before: Decimal
    in_all: Decimal


def due_by_person(*, project: Project, since: datetime | None, until: datetime) -> dict[int, Due]:
    """What is due up to `until`, by the key of the person, all of it from one moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ITEMS  # noqa: S608 - nothing but constants
            + """
            SELECT person_id,
                count(*) FILTER (WHERE recent), coalesce(sum(seconds) FILTER (WHERE recent), 0),
                coalesce(sum(amount) FILTER (WHERE NOT recent), 0), sum(amount)
            FROM (
                SELECT *, coalesce(first >= %(since)s::timestamptz, true) AS recent FROM due
            ) AS told
            WHERE first < %(until)s GROUP BY person_id
            """,
            {"project": project.pk, "person": None, "since": since, "until": until},
        )
        return {person: Due(*figures) for person, *figures in cursor.fetchall()}


@dataclass(frozen=True)
class Day:
    """What somebody earned by the items of one day; the amount is exact."""

    day: date
    items: int
    seconds: Decimal
    amount: Decimal


def days_of(*, person: Person, project: Project) -> list[Day]:
    """What `person` earned in `project`, by the days of the server's time zone, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ITEMS  # noqa: S608 - nothing but constants
            + """
            SELECT (first AT TIME ZONE %(zone)s)::date AS day, count(*), sum(seconds), sum(amount)
            FROM due GROUP BY day ORDER BY day DESC
            """,
            {
                "project": project.pk,
                "person": person.pk,
                "zone": timezone.get_default_timezone_name(),
            },
        )
        return [Day(*row) for row in cursor.fetchall()]
