"""Where a request comes from."""

from __future__ import annotations

from allauth.core.internal.httpkit import get_client_ip
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """The visitor's address, as far as the proxies that the operator counts can be believed."""
    return get_client_ip(request)
