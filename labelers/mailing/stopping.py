"""Stopping letters by a link in them: signed, for one person and one group of notices.

The link works without signing in and stays good, because it can do nothing but stop letters; the
notices themselves stay on the site.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from labelers import preferences
from labelers.mailing import choosing
from labelers.models import Person

SALT = "labelers.mailing.stop"
SEVERAL = "several"


@dataclass(frozen=True)
class Stop:
    """Whose letters about what; ``group`` is one of `choosing.GROUPS`, or several for all."""

    person: Person
    group: str

    @property
    def title(self) -> str:
        """What the letters are about, in the viewer's language."""
        return str(choosing.GROUPS.get(self.group, _("All letters")))


class UnknownLinkError(Exception):
    """A link that this site did not make, or of somebody who is gone."""


def address_for(person: Person, group: str) -> str:
    """The path that stops letters of `group` to `person`."""
    token = signing.dumps([person.pk, group], salt=SALT, compress=True)
    return reverse("mail-stop", args=[token])


def read(token: str) -> Stop:
    """What a link stops.

    Raises:
        UnknownLinkError: it is not one of ours.
    """
    try:
        pk, group = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError) as problem:
        raise UnknownLinkError from problem
    person = Person.objects.filter(pk=pk).first()
    if person is None or group not in (*choosing.GROUPS, SEVERAL):
        raise UnknownLinkError
    return Stop(person, group)


@transaction.atomic
def stop(*, found: Stop, everything: bool = False) -> None:
    """Send no more such letters, or none at all; doing it again changes nothing."""
    groups = list(choosing.GROUPS) if everything or found.group == SEVERAL else [found.group]
    chosen = choosing.choices_of(found.person) | dict.fromkeys(groups, choosing.NONE)
    preferences.save_preferences(person=found.person, changes={"mail": chosen})
