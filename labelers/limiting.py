"""How many requests a person, or an address that nobody signed in from, may send in a minute.

Every process counts for itself and tells the others, through one small row in the database, only
after a twentieth of the limit. So labelers cost no statement at all, and a limit is kept to within
a twentieth for each web process. Failed sign-ins on the page have limits of their own.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from labelers.models import UseCount
from labelers.problems import Problem
from labelers.signing_in.addresses import address_of

MINUTE = 60
PARTS = 20
MOST_COUNTED = 20_000
"""So many people and addresses are counted at once; then those of minutes gone by are dropped."""


@dataclass(frozen=True)
class Standing:
    """Where somebody is in this minute: what is left of `limit`, and the seconds to the next."""

    policy: str
    limit: int
    left: int
    seconds: int
    is_over: bool


@dataclass
class _Minute:
    number: int
    known: int = 0
    untold: int = 0


class Counter:
    """The counts of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minutes: dict[str, _Minute] = {}

    def count(self, policy: str, who: str, limit: int) -> Standing:
        """Count one request of `who` unless the limit is reached; `limit` 0 is none."""
        now = time.time()
        number, seconds = int(now // MINUTE), MINUTE - int(now % MINUTE)
        name = f"{policy}:{who}"
        with self._lock:
            minute = self._minute(name, number)
            if limit and minute.known + minute.untold >= limit:
                return Standing(policy, limit, 0, seconds, is_over=True)
            minute.untold += 1
            told = minute.untold if minute.untold >= max(1, limit // PARTS) else 0
            minute.untold -= told
            minute.known += told
        if limit and told:
            total = _tell(name, number, told)
            with self._lock:
                minute.known = max(minute.known, total)
        # Those who came at once through several processes may together be over it by now.
        left = max(0, limit - minute.known - minute.untold)
        return Standing(policy, limit, left, seconds, is_over=False)

    def forget(self) -> None:
        """Begin anew, as a fresh process does."""
        with self._lock:
            self._minutes.clear()

    def _minute(self, name: str, number: int) -> _Minute:
        minute = self._minutes.get(name)
        if minute is None or minute.number != number:
            if len(self._minutes) >= MOST_COUNTED:
                self._minutes = {k: m for k, m in self._minutes.items() if m.number == number}
            minute = self._minutes[name] = _Minute(number)
        return minute


def _tell(name: str, number: int, told: int) -> int:
    """Add to what all processes counted; returns the sum, with what the others told."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {UseCount._meta.db_table} AS kept (who, minute, count)"  # noqa: S608
            " VALUES (%s, %s, %s) ON CONFLICT (who) DO UPDATE SET minute = EXCLUDED.minute,"
            " count = EXCLUDED.count + CASE WHEN kept.minute = EXCLUDED.minute"
            " THEN kept.count ELSE 0 END RETURNING count",
            [name[:80], number, told],
        )
        return int(cursor.fetchone()[0])


COUNTER = Counter()


class WithinLimit(BasePermission):
    """Whether the person who asks has anything left of this minute's limit."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Counts the request.

        Raises:
            Problem: 429, with the seconds to wait.
        """
        found = COUNTER.count("person", str(request.user.pk), settings.REQUESTS_OF_PERSON)
        request._request.limited = found
        if found.is_over:
            raise too_many(found)
        return True


def throw_away_old() -> int:
    """Delete the counts of minutes gone by; returns how many that were."""
    return UseCount.objects.filter(minute__lt=int(time.time() // MINUTE) - 1).delete()[0]


def count_stranger(request: HttpRequest) -> Standing:
    """Count a request of somebody who is not signed in, by their address."""
    address = address_of(request) or ""
    request.limited = COUNTER.count("address", address, settings.REQUESTS_OF_ADDRESS)
    return request.limited


def too_many(standing: Standing) -> Problem:
    """The refusal that says how long to wait."""
    return Problem(
        429,
        _("Too many requests"),
        _("Wait %(seconds)d seconds: %(limit)d requests a minute are allowed.")
        % {"seconds": standing.seconds, "limit": standing.limit},
        retry_after=standing.seconds,
    )


def tell_limit(request: HttpRequest, response: HttpResponseBase) -> None:
    """Say in the headers of an answer what the limit is and what is left of it."""
    standing: Standing | None = getattr(request, "limited", None)
    if standing is not None and standing.limit:
        name = f'"{standing.policy}"'
        response["RateLimit-Policy"] = f"{name};q={standing.limit};w={MINUTE}"
        response["RateLimit"] = f"{name};r={standing.left};t={standing.seconds}"
