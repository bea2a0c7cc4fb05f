"""Around every request: probes answered before anything else, and what it took measured and logged.

Probes come from balancers and collectors that know no host name, cookie or HTTPS, so they are
answered ahead of the middleware that asks for those.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from config.operations import measuring
from config.operations.logs import ACCESS, route_of

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_access = logging.getLogger(ACCESS)


class Probes:
    """Answers the addresses of `PROBES` at once; everything else goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in PROBES:
            return self.get_response(request)
        try:
            found = resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        request.resolver_match = found
        answer: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
        return answer


class Measured:
    """Counts and times requests by the name of their route, and writes the access line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        with measuring.in_progress():
            response = self.get_response(request)
        seconds = time.perf_counter() - began
        route = route_of(request)
        measuring.note_request(
            route=route, method=request.method, status=response.status_code, seconds=seconds
        )
        if _access.isEnabledFor(logging.INFO):
            _log(request, response, route, seconds)
        return response


def _log(request: HttpRequest, response: HttpResponseBase, route: str, seconds: float) -> None:
    method = measuring.known_method(request.method)
    ms = round(seconds * 1000, 1)
    size = None if response.streaming else len(getattr(response, "content", b""))
    _access.info(
        "%s %s %s in %s ms",
        method,
        route,
        response.status_code,
        ms,
        extra={
            "method": method,
            "route": route,
            "status": response.status_code,
            "ms": ms,
            "bytes": size,
        },
    )
