"""Sessions: begun at sign-in, looked after at every request, listed for their person, ended.

The session is Django's; a row of `BrowserSession` beside it says whose it is and in what browser.
A session ends when it was not used for SESSION_COOKIE_AGE and SESSION_LIFETIME after it began.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from importlib import import_module

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from labelers import audit
from labelers.models import BrowserSession, Person
from labelers.signing_in import known_browsers
from labelers.signing_in.addresses import address_of

SEEN_EVERY = 300
"""Seconds between two notes that a session is in use: a write per request would be too many."""

BEGAN, SEEN = "accord_began", "accord_seen"
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@transaction.atomic
def begin(*, request: HttpRequest, person: Person, how: str) -> None:
    """Write down that `person` has just signed in with this request's session and browser.

    ``how`` is what opened it: password, oidc or invitation.
    """
    now = int(time.time())
    request.session[BEGAN] = request.session[SEEN] = now
    _keep(request, person, now)
    known_browsers.remember(request, person)
    audit.record(
        actor=person,
        action="person.signed_in",
        subject=f"person:{person.pk}",
        how=how,
        device=device_of(request),
    )


def look_after(request: HttpRequest) -> None:
    """End this request's session if its time is over, else note every few minutes that it lives."""
    now = int(time.time())
    began = request.session.setdefault(BEGAN, now)
    if now - began > settings.SESSION_LIFETIME:
        key = request.session.session_key
        logout(request)
        BrowserSession.objects.filter(session_key=key).delete()
    elif now - request.session.get(SEEN, 0) > SEEN_EVERY:
        # Saving the session moves its end, too.
        request.session[SEEN] = now
        _keep(request, request.user, began)


def open_sessions(person: Person) -> QuerySet[BrowserSession]:
    """The person's sessions that are still open, the last used first."""
    alive = Session.objects.filter(
        session_key=OuterRef("session_key"), expire_date__gt=timezone.now()
    )
    return BrowserSession.objects.filter(Exists(alive), person=person)


@transaction.atomic
def end(*, person: Person, session: BrowserSession, ended_by: Person) -> None:
    """End one session of `person`; the browser that has it is asked to sign in again."""
    _store(session.session_key).delete()
    session.delete()
    audit.record(actor=ended_by, action="session.ended", subject=f"person:{person.pk}", count=1)


@transaction.atomic
def end_others(*, person: Person, kept: str | None, ended_by: Person) -> int:
    """End every session of `person` but the one with the key `kept`; returns how many."""
    others = list(BrowserSession.objects.filter(person=person).exclude(session_key=kept or ""))
    for session in others:
        _store(session.session_key).delete()
        session.delete()
    audit.record(
        actor=ended_by, action="session.ended", subject=f"person:{person.pk}", count=len(others)
    )
    return len(others)


def forget(session_key: str | None) -> None:
    """Take a session that was signed out of from the list."""
    if session_key:
        BrowserSession.objects.filter(session_key=session_key).delete()


def forget_ended() -> int:
    """Delete what is left of sessions whose time is over; returns how many."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    return BrowserSession.objects.filter(~Exists(alive)).delete()[0]


def device_of(request: HttpRequest) -> str:
    """The browser and its system, as a person would say it: Firefox, Linux. Empty if unknown."""
    agent = request.headers.get("User-Agent", "")
    found = (next((name for word, name in of if word in agent), "") for of in (_BROWSERS, _SYSTEMS))
    named = ", ".join(name for name in found if name)
    return named or re.sub(r"[^ -~]", "", agent)[:60]


def _keep(request: HttpRequest, person: Person, began: int) -> None:
    if request.session.session_key is None:
        request.session.save()
    BrowserSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "person": person,
            "device": device_of(request),
            "address": address_of(request),
            "seen_at": timezone.now(),
        },
        create_defaults={
            "person": person,
            "device": device_of(request),
            "address": address_of(request),
            "seen_at": timezone.now(),
            "started_at": datetime.fromtimestamp(began, UTC),
        },
    )


def _store(key: str):  # type: ignore[no-untyped-def]
    return import_module(settings.SESSION_ENGINE).SessionStore(key)
