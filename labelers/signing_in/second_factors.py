"""Who must have a second factor, and taking one away from somebody who lost it."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from labelers import audit, notifying
from labelers.models import Membership, Person, Role
from labelers.signing_in import sessions


def has_one(person: Person) -> bool:
    """Whether a code is asked of `person` at sign-in."""
    return Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists()


def is_needed(person: Person) -> bool:
    """Whether this site wants one of `person` (ACCORD_SECOND_FACTOR_FOR)."""
    wanted = settings.SECOND_FACTOR_FOR
    if wanted == "admins" and not person.is_staff:
        return Membership.objects.filter(person=person, role=Role.ADMIN).exists()
    return wanted == "everyone" or (wanted in {"staff", "admins"} and person.is_staff)


def is_missing(person: Person) -> bool:
    """Whether `person` needs one and has none."""
    return is_needed(person) and not has_one(person)


@transaction.atomic
def take_away(*, person: Person, taken_by: Person | None) -> bool:
    """Take the second factor from somebody who lost it, and end their sessions.

    They are told, and are asked to set up a new one where the site wants one. Returns whether
    there was one.
    """
    gone, _by_model = Authenticator.objects.filter(user=person).delete()
    if gone:
        if taken_by is None or taken_by.pk != person.pk:
            sessions.end_others(person=person, kept=None, ended_by=taken_by or person)
        notifying.notify(person=person, project=None, kind="second_factor_gone")
        audit.record(actor=taken_by, action="second_factor.removed", subject=f"person:{person.pk}")
    return bool(gone)
