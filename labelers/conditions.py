"""ETags: an answer that has not changed is not sent again, and no change overwrites another unseen.

What an address answers to GET is its state, and the ETag is a hash of that. It costs a hash of what
is sent anyway; no view knows of it.
"""

from __future__ import annotations

import hashlib

from django.db import connection
from django.http import HttpRequest, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from labelers.problems import Problem

CHANGING = {"PUT", "PATCH", "DELETE"}
_KEPT = ("ETag", "Cache-Control", "Content-Location", "Expires", "Vary")


class Unchanged(BasePermission):
    """Whether what is to be changed is still what the person who asks has seen (``If-Match``)."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Compares with what the same address answers to GET; others who change it wait.

        Raises:
            Problem: 412, where it has changed.
        """
        if not is_conditional(request._request) or not hasattr(view, "get"):
            return True
        wanted = parse_etags(request.headers["If-Match"])
        _one_at_a_time(request.path)
        answer = view.get(request, *view.args, **view.kwargs)
        content = request.accepted_renderer.render(
            answer.data, request.accepted_media_type, view.get_renderer_context()
        )
        if wanted != ["*"] and etag_of(content) not in wanted:
            raise Problem(
                412,
                _("Changed meanwhile"),
                _("Somebody has changed this since you read it: read it again, then change it."),
            )
        return True


def is_conditional(request: HttpRequest) -> bool:
    """Whether a change is only wanted where nothing else has changed."""
    return request.method in CHANGING and "If-Match" in request.headers


def _one_at_a_time(path: str) -> None:
    number = int.from_bytes(hashlib.sha256(path.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        # Until the end of the transaction, which labelers.api_calls has begun.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def etag_of(content: bytes) -> str:
    """The strong ETag of a body."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def name_state(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The answer to a GET with its ETag; 304 without a body for whoever has it already."""
    if request.method not in {"GET", "HEAD"} or response.status_code != 200 or response.streaming:
        return response
    if "ETag" not in response:
        response["ETag"] = etag_of(response.content)
    if "Cache-Control" not in response:
        response["Cache-Control"] = "private, no-cache"
    had = {
        name.removeprefix("W/") for name in parse_etags(request.headers.get("If-None-Match", ""))
    }
    if not had & {"*", response["ETag"].removeprefix("W/")}:
        return response
    same = HttpResponseNotModified()
    for name in _KEPT:
        if name in response:
            same[name] = response[name]
    same.cookies = response.cookies
    return same
