"""Locks against guessing: tries are counted by person and by address in the database.

So every process counts the same tries. A try is counted before the password is looked at, so that
many requests at once get no more tries than one after the other.

A browser in which somebody has signed in before has tries of its own (`known_browsers`), so that
whoever types wrong passwords under the name of an admin does not keep the admin out.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from labelers import audit, notifying
from labelers.models import Person, SignInTries
from labelers.signing_in import known_browsers

WINDOW = timedelta(minutes=15)
"""For so long tries are added up, and for so long a lock holds."""
BY_PERSON = 8
BY_ADDRESS = 60
"""More than by person: a whole office, or a crowd behind one provider, shares an address."""

_COUNT = """
INSERT INTO labelers_signintries AS t (key, person_id, count, since)
VALUES (%(key)s, %(person)s, 1, %(now)s)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN t.since <= %(old)s THEN 1 ELSE t.count + 1 END,
    since = CASE WHEN t.since <= %(old)s THEN %(now)s ELSE t.since END,
    locked_until = CASE WHEN t.locked_until > %(now)s THEN t.locked_until END
RETURNING count, locked_until
"""


class TooManyTriesError(Exception):
    """Signing in is locked for a while, for this person or from this address."""


def count_try(*, username: str, address: str, browser: str = "") -> list[str]:
    """Count a try before it is made; returns the keys under which it was counted.

    ``browser`` is what the visitor's cookie says of where they signed in before. A name that nobody
    has is counted and locked like any other, so that a lock tells nobody which names there are.

    Raises:
        TooManyTriesError: the person or the address is locked.
    """
    person = Person.objects.filter(username=username).first()
    keys = [
        (_key_of(username, person, browser), person, BY_PERSON),
        (_of_address(address), None, BY_ADDRESS),
    ]
    # One after the other in an order of their own, so that no two tries wait for each other.
    locked = [key for key, owner, most in sorted(keys, key=_name) if _is_locked(key, owner, most)]
    if locked:
        raise TooManyTriesError
    return [key for key, _owner, _most in keys]


@transaction.atomic
def forgive(keys: list[str]) -> None:
    """A try was right: the person's tries are forgotten, the address gets this one back.

    Not all of the address's: else whoever knows one password could go on guessing others.
    """
    person_key, address_key = keys
    SignInTries.objects.filter(key=person_key).delete()
    SignInTries.objects.filter(key=address_key, count__gt=0).update(count=F("count") - 1)


def locked() -> QuerySet[SignInTries]:
    """What is locked now: persons, addresses and names that nobody has."""
    held = SignInTries.objects.filter(locked_until__gt=timezone.now())
    return held.select_related("person").order_by("locked_until", "key")


@transaction.atomic
def unlock(*, key: str, unlocked_by: Person | None) -> bool:
    """Let a person or an address try again at once; returns whether it was locked."""
    tries = SignInTries.objects.select_for_update().filter(key=key).first()
    if tries is None:
        return False
    subject = f"person:{tries.person_id}" if tries.person_id else ""
    audit.record(actor=unlocked_by, action="sign_in.unlocked", subject=subject, key=key)
    tries.delete()
    return True


def forget_old(*, now: datetime | None = None) -> int:
    """Delete tries that count no longer; returns how many."""
    old = (now or timezone.now()) - WINDOW
    return SignInTries.objects.filter(since__lte=old).delete()[0]


@transaction.atomic
def _is_locked(key: str, owner: Person | None, most: int) -> bool:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {"key": key, "person": owner and owner.pk, "now": now, "old": now - WINDOW},
        )
        count, until = cursor.fetchone()
    if until is not None:
        return True
    if count <= most:
        return False
    SignInTries.objects.filter(key=key).update(locked_until=now + WINDOW)
    audit.record(
        actor=None, action="sign_in.locked", subject=f"person:{owner.pk}" if owner else "", key=key
    )
    if owner is not None:
        notifying.notify(person=owner, project=None, kind="sign_in_locked", detail={"tries": most})
    return True


def _key_of(username: str, person: Person | None, browser: str) -> str:
    if person is not None:
        if known := known_browsers.name_of(browser, person):
            return f"browser:{known}"
        return f"person:{person.pk}"
    return "name:" + salted_hmac("labelers.signing_in", username.casefold()).hexdigest()[:32]


def _of_address(address: str) -> str:
    """An address; of IPv6 the network of /64, which one line has to itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "address:unknown"
    if parsed.version == 6:
        return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"


def _name(counted: tuple[str, Person | None, int]) -> str:
    return counted[0]
