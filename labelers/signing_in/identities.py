"""Identities elsewhere (OpenID Connect) that an account is joined to."""

from __future__ import annotations

from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from labelers import audit
from labelers.models import Person


class LastWayInError(Exception):
    """Without this identity its owner could not sign in any more."""


@transaction.atomic
def leave(*, person: Person, identity: SocialAccount) -> None:
    """Part an identity from the account of `person`.

    Raises:
        LastWayInError: the account has no password and no other identity.
    """
    others = SocialAccount.objects.filter(user=person).exclude(pk=identity.pk)
    if not person.has_usable_password() and not others.exists():
        raise LastWayInError
    identity.delete()
    audit.record(actor=person, action="identity.left", subject=f"person:{person.pk}")
