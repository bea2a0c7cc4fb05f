"""What is said while something that Accord stands on is away: the database, or room on the disk.

A request that met such an outage is answered 503 or 507 with a sentence and Retry-After instead of
500, so that clients keep what they sent and try again; transactions have left nothing half done.
While the database is away one request at a time tries it and the others are told at once, so that
no thread waits for it and probes are still answered.
"""

from __future__ import annotations

import errno
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template import loader
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config.refusals import failure
from labelers.api_calls import ROOT
from labelers.problems import Problem, answer_of
from labelers.request_ids import current


@dataclass(frozen=True)
class Outage:
    """What is away, as a status, a title, a sentence, and after how many seconds to try again.

    Trying again after 0 seconds is no good: that is a mistake of Accord's own.
    """

    status: int
    title: str | Promise
    sentence: str | Promise
    retry_after: int


AWAY = Outage(
    503,
    _("The database is not there at the moment"),
    _("Nothing of what you sent was lost or half stored. Try again in a few seconds."),
    retry_after=2,
)
BUSY = Outage(
    503,
    _("Others work on the same thing at the moment"),
    _("Nothing was changed. Try again in a few seconds."),
    retry_after=1,
)
FULL = Outage(
    507,
    _("The disk of this Accord is full"),
    _("Nothing was changed. Who runs this Accord must make room; then try again."),
    retry_after=30,
)
FAULT = Outage(
    500,
    _("Something went wrong here"),
    _("It was written into the log. Tell who runs this Accord the number below."),
    retry_after=0,
)

_BUSY_STATES = {"40001", "40P01", "55P03", "57014"}
"""Serialization failure, deadlock, lock not available, statement cancelled by its time limit."""
_AWAY_STATES = {"25006", "53300", "57P01", "57P02", "57P03", "57P05"}
"""Read-only standby, too many connections, and servers that stop, crash or start."""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def outage_of(error: BaseException | None) -> Outage | None:
    """The outage behind an exception, None where it is a fault of another kind."""
    for each in _chain(error):
        if isinstance(each, OSError) and each.errno in (errno.ENOSPC, errno.EDQUOT):
            return FULL
        if isinstance(each, psycopg.Error):
            state = each.sqlstate
            if state in ("53100", "53200"):
                return FULL
            if state in _BUSY_STATES:
                return BUSY
            if state in _AWAY_STATES or (state or "").startswith("08"):
                return AWAY
            lost = isinstance(each, psycopg.OperationalError | psycopg.InterfaceError)
            if lost and state is None:
                return AWAY
    return None


def told(request: HttpRequest, outage: Outage) -> HttpResponse:
    """The answer to a request that met it; a page and the API each in their own form."""
    response: HttpResponse
    if request.path_info.startswith(ROOT):
        problem = Problem(outage.status, str(outage.title), str(outage.sentence))
        response = answer_of(problem, request_id=current())
    else:
        # Without the request: who is signed in and what they prefer is in the database.
        page = loader.render_to_string("outage.html", {"outage": outage, "name": current()})
        response = HttpResponse(page, status=outage.status)
    if outage.retry_after:
        response["Retry-After"] = str(outage.retry_after)
    response["Cache-Control"] = "no-store"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler of exceptions that nothing else has answered."""
    outage = outage_of(sys.exc_info()[1])
    if outage is None and request.path_info.startswith(ROOT):
        return failure(request)
    request.outage = outage or FAULT  # type: ignore[attr-defined]
    return told(request, outage or FAULT)


class Breaker:
    """Lets one request at a time try a database that is away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._trying = threading.Lock()
        self._is_away = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not self._is_away:
            return self._noted(request)
        if not self._trying.acquire(blocking=False):
            return told(request, AWAY)
        try:
            return self._noted(request)
        finally:
            self._trying.release()

    def _noted(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        self._is_away = getattr(request, "outage", None) is AWAY
        return response
