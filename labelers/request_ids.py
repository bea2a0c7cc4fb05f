"""A name for every request: in each line of the log, in what a refusal says, and in the answer's
header.

`current` is how the rest of Accord asks for it. A proxy in front may have named the request
already; a name that could not be one of ours or of a common proxy is replaced, because it goes into
logs.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.core.signals import request_finished
from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "X-Request-Id"
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The name of the request that this thread answers, empty outside of one."""
    return _current.get()


class RequestIds:
    """The outermost middleware: names the request and tells the name in the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        name = given if _GIVEN.fullmatch(given) else uuid.uuid4().hex
        # Not taken back here: a streamed answer is still being written then.
        _current.set(name)
        response = self.get_response(request)
        response[HEADER] = name
        return response


def _forget(**kwargs: object) -> None:
    _current.set("")


request_finished.connect(_forget, dispatch_uid="labelers.request_ids")
