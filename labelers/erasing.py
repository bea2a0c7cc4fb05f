"""Erasure as far as every app must know of it: who asked, how many were done, and whose turn it is.

What is erased, and where, is the business of the rightmost app that holds something:
`training.erasing`.
"""

from __future__ import annotations

from django.db import connection, transaction

from labelers import audit
from labelers.models import Erasure, Person

_LOCK = 4_711_000_008
"""Held by erasures against those who are about to publish what they read before."""


@transaction.atomic
def ask(*, person: Person) -> Erasure:
    """Write down that `person` wants to be erased; asking twice is the same as once."""
    wish, is_new = Erasure.objects.get_or_create(
        person=person,
        state=Erasure.State.ASKED,
        defaults={"pseudonym": person.pseudonym},
    )
    if is_new:
        audit.record(actor=person, action="erasure.asked", subject=f"erasure:{wish.uid}")
    return wish


@transaction.atomic
def take_back(*, person: Person) -> bool:
    """Withdraw the wish of `person`; whether there was one."""
    wish = (
        Erasure.objects.select_for_update().filter(person=person, state=Erasure.State.ASKED).first()
    )
    if wish is None:
        return False
    wish.state = Erasure.State.WITHDRAWN
    wish.save(update_fields=["state"])
    audit.record(actor=person, action="erasure.taken_back", subject=f"erasure:{wish.uid}")
    return True


def open_wish(person: Person) -> Erasure | None:
    """The wish of `person` that nobody has fulfilled yet."""
    return Erasure.objects.filter(person=person, state=Erasure.State.ASKED).first()


def done_so_far() -> int:
    """How many erasures were done: a number that grows with each of them."""
    return Erasure.objects.filter(state=Erasure.State.DONE).count()


def keep_off_publishers() -> None:
    """Let nobody publish what was read before, until the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def wait_for_erasures() -> None:
    """Return when no erasure is under way, and let none begin until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])
