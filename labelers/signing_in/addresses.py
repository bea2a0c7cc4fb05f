"""Where a request comes from."""

from __future__ import annotations

from allauth.core.internal.httpkit import clean_client_ip, get_client_ip
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """The visitor's address, as far as the proxies that the operator counts can be believed.

    Whoever came past one of them is known by the connection alone, whatever they say themselves.
    """
    try:
        return get_client_ip(request)
    except ImproperlyConfigured:
        return clean_client_ip(request.META.get("REMOTE_ADDR", ""))
