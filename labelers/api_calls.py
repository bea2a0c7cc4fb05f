"""What surrounds every call of the API: its transaction where it needs one, and its headers.

The innermost middleware, so that it sees what views answered, refusals and failures included.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from labelers import conditions, idempotency, limiting
from labelers.problems import Problem, answer_of

ROOT = "/api/"


class ApiCalls:
    """Begins the transaction of calls with a key or a condition; tells limits and ETags."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(ROOT):
            return self.get_response(request)
        refusal = _refused_unread(request)
        response = answer_of(refusal) if refusal else self._answered(request)
        is_stranger = response.status_code == 401
        if is_stranger and (standing := limiting.count_stranger(request)).is_over:
            response = answer_of(limiting.too_many(standing))
        response = conditions.name_state(request, response)
        limiting.tell_limit(request, response)
        return response

    def _answered(self, request: HttpRequest) -> HttpResponseBase:
        if not (idempotency.has_key(request) or conditions.is_conditional(request)):
            return self.get_response(request)
        if not idempotency.is_form(request):
            # Kept by Django from here on; who parses it later would leave nothing to be hashed.
            _ = request.body
        with transaction.atomic():
            response = self.get_response(request)
            idempotency.keep(request, response)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response


def _refused_unread(request: HttpRequest) -> Problem | None:
    """Why a request is not even read: it names what no text in the database can hold."""
    if any("\0" in text for name, values in request.GET.lists() for text in (name, *values)):
        return Problem(400, "Invalid input", "Remove NUL characters from the address.")
    return None
