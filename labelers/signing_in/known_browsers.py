"""Browsers in which somebody has signed in before, told by a signed cookie.

The cookie opens nothing. It only says that wrong passwords typed elsewhere under the same name are
not this browser's: its own are counted apart (`guarding`).
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from labelers.models import Person

SALT = "labelers.signing_in.known_browsers"
KEPT_FOR = 180 * 24 * 3600


def cookie_name() -> str:
    """What the cookie is called; no other host of the domain can set it where that is possible."""
    return f"{'__Host-' if settings.SESSION_COOKIE_SECURE else ''}known"


def name_of(cookie: str, person: Person) -> str:
    """What tells this browser from others of `person`; empty where they never signed in there."""
    try:
        pk, name = signing.loads(cookie, salt=SALT, max_age=KEPT_FOR)
    except (signing.BadSignature, ValueError):
        return ""
    return str(name) if pk == person.pk else ""


def remember(request: HttpRequest, person: Person) -> None:
    """Have the answer to this request say that `person` has signed in here."""
    cookie = request.COOKIES.get(cookie_name(), "")
    name = name_of(cookie, person) or secrets.token_urlsafe(12)
    request.known_browser = signing.dumps([person.pk, name], salt=SALT)


def put_cookie(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give the browser what `remember` made, if somebody has just signed in."""
    if made := getattr(request, "known_browser", None):
        response.set_cookie(
            cookie_name(),
            made,
            max_age=KEPT_FOR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
