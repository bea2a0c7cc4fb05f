"""Putting letters in the outbox, in the transaction of the deed that they are about.

`sending` takes them out again; nothing here waits for a mail server.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.utils import timezone

from labelers.mailing import choosing
from labelers.models import Invitation, Letter, Notice, Person

DIGEST_AT = time(7, 0)
"""When daily letters go out, in the time zone of this server."""


def post_notices(notices: Iterable[Notice]) -> int:
    """Have notices that were just stored also go by e-mail to whoever wants that; says how many."""
    told = list(notices)
    if not told or not choosing.is_configured():
        return 0
    people = Person.objects.filter(
        pk__in={notice.person_id for notice in told}, is_active=True
    ).exclude(email="")
    reachable = {person.pk: choosing.choices_of(person) for person in people}
    now = timezone.now()
    due = {choosing.AT_ONCE: now, choosing.DAILY: next_digest(now)}
    letters = [
        Letter(person_id=notice.person_id, notice=notice, due_at=due[choice])
        for notice in told
        if notice.person_id in reachable
        and (choice := reachable[notice.person_id][choosing.group_of(notice.kind)]) in due
    ]
    return len(Letter.objects.bulk_create(letters))


def next_digest(now: datetime) -> datetime:
    """When daily letters go out next."""
    local = timezone.localtime(now)
    found = local.replace(hour=DIGEST_AT.hour, minute=DIGEST_AT.minute, second=0, microsecond=0)
    return found if found > local else found + timedelta(days=1)


def post_invitation(*, invitation: Invitation, address: str, link: str, language: str) -> Letter:
    """Have an invitation go to `address`; its link is kept until then and no longer."""
    return Letter.objects.create(
        invitation=invitation,
        address=address,
        link=link,
        language=language,
        due_at=timezone.now(),
    )
