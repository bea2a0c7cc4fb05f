"""Which notices somebody also gets by e-mail, and how soon: by group of notices, each person's own.

Whoever has confirmed no address gets none; where no mail server is named, nobody does.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from labelers.models import Person
from labelers.notice_words import NOTICES

AT_ONCE, DAILY, NONE = "at_once", "daily", "none"
CHOICES = {AT_ONCE: _("At once"), DAILY: _("Once a day"), NONE: _("Never")}

GROUPS = {
    "standing": _("Whether you may work: exams, pauses"),
    "pay": _("Pay and appeals"),
    "work": _("Your answers and the guidelines"),
    "admin": _("Projects that you lead"),
    "account": _("The safety of your account"),
}
"""What notices are about; `NoticeKind.group` names one of these."""

DEFAULTS = {
    **{"standing": AT_ONCE, "pay": AT_ONCE, "work": DAILY, "admin": DAILY},
    "account": AT_ONCE,
}


def is_configured() -> bool:
    """Whether there is a mail server to send by."""
    return bool(settings.EMAIL_HOST)


def group_of(kind: str) -> str:
    """The group of a kind of notice."""
    return NOTICES[kind].group if kind in NOTICES else "work"


def choices_of(person: Person) -> dict[str, str]:
    """By group: what `person` chose, or what holds until they do."""
    chosen: Mapping[str, str] = person.preferences.get("mail", {})
    return {group: chosen.get(group, DEFAULTS[group]) for group in GROUPS}
