"""Rows of the audit trail, narrowed and cut into pages; the newest first.

Every filter is named here, so that no name from a request reaches the database. A time is turned
into a place in the trail by halving, because rows are numbered in the order in which they came:
so an old day costs what yesterday costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Max, Min, QuerySet
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from labelers.models import AuditEvent, Person, Project

NAMES = ("person", "action", "since", "until", "reading")
PAGE_SIZE = 50
LONGEST_DEED = timedelta(hours=1)
"""A row has the time at which its transaction began, and its number from later on."""


class FilterError(ValueError):
    """A filter that means nothing; ``field`` is its name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Filters:
    """``person`` is a name, ``action`` the beginning of an action, times are aware.

    ``reading`` is True for deeds that only read, False for all others, None for both.
    """

    person: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    reading: bool | None = None


def parse(given: Mapping[str, str]) -> Filters:
    """The filters of a query string; empty ones are left out.

    Raises:
        FilterError: an unknown name or a value that means nothing.
    """
    if unknown := sorted(set(given) - set(NAMES)):
        raise FilterError(unknown[0], _("There is no such filter."))
    reading = given.get("reading", "")
    if reading not in {"", "0", "1"}:
        raise FilterError("reading", _("Give 0 or 1."))
    action = given.get("action", "").strip()
    if len(action) > 60 or "\0" in action:
        raise FilterError("action", _("There is no such action."))
    return Filters(
        person=given.get("person", "").strip(),
        action=action,
        since=_time(given, "since"),
        until=_time(given, "until"),
        reading=None if reading == "" else reading == "1",
    )


def events(*, project: Project | None, filters: Filters) -> QuerySet[AuditEvent]:
    """The rows of a project, of the whole site where none is named; the newest first."""
    rows = AuditEvent.objects.select_related("actor", "project").order_by("-id")
    if project is not None:
        rows = rows.filter(project=project)
    if filters.person:
        rows = rows.filter(actor=Person.objects.filter(username=filters.person).first() or -1)
    if filters.action:
        rows = rows.filter(action__startswith=filters.action)
    if filters.reading is not None:
        rows = rows.filter(is_reading=filters.reading)
    if filters.since:
        place = _first_since(filters.since - LONGEST_DEED)
        rows = rows.filter(id__gte=place, at__gte=filters.since)
    if filters.until:
        place = _first_since(filters.until + LONGEST_DEED)
        rows = rows.filter(id__lte=place, at__lt=filters.until)
    return rows


def table(rows: QuerySet[AuditEvent]) -> Iterator[tuple[object, ...]]:
    """The rows for a file: number, time, name, project, action, subject, detail."""
    for row in rows.iterator(chunk_size=1000):
        yield (
            row.pk,
            row.at,
            row.actor.username if row.actor else None,
            row.project.slug if row.project else None,
            row.action,
            row.subject,
            ", ".join(f"{name}={value}" for name, value in row.detail.items()),
        )


HEADER = ("id", "at", "person", "project", "action", "subject", "detail")


def _time(given: Mapping[str, str], name: str) -> datetime | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    try:
        found = parse_datetime(text)
        if found is None and (day := parse_date(text)):
            found = datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:
        found = None
    if found is None or found.year < 1970:
        raise FilterError(name, _("Give a day as 2026-11-21 or a time as 2026-11-21T09:00Z."))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _first_since(at: datetime) -> int:
    """The number of the first row that was written at or after `at`, by halving."""
    ends = AuditEvent.objects.aggregate(low=Min("id"), high=Max("id"))
    low, high = ends["low"] or 0, (ends["high"] or 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = AuditEvent.objects.filter(id__gte=middle).order_by("id").values("id", "at").first()
        if row is None or row["at"] >= at:
            high = middle
        else:
            low = row["id"] + 1
    return low
