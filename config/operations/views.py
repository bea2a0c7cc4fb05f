"""The addresses for balancers and collectors: they look at no cookie and make no session."""

from __future__ import annotations

import hmac
import ipaddress

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from config.operations import exposing, health

_FORWARDED = (
    *("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"),
    "Via",
)
"""What proxies add: with any of these a request came through one."""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers, whatever is the matter with everything else."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether requests should be sent here, and what is missing."""
    found = health.health()
    return JsonResponse(found.as_dict(), status=200 if found.is_ready else 503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, for those who may have them."""
    if not _may_read(request):
        return HttpResponse(
            "Figures are for the collector: send ACCORD_METRICS_TOKEN as a bearer token, "
            "or ask from an address in ACCORD_METRICS_ALLOW without a proxy between.\n",
            status=403,
            content_type="text/plain; charset=utf-8",
        )
    return HttpResponse(exposing.exposition(), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    # Behind a proxy everybody has the proxy's address.
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in network for network in settings.METRICS_ALLOW)
