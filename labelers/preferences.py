"""What a person may set about how pages look and work for them, on every device alike.

`PREFERENCES` is the whole list. Only what somebody changed is stored, so that a default may
improve. Nothing here says what a page makes of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from labelers import audit
from labelers.mailing import choosing
from labelers.models import Person

THEMES = ("system", "light", "dark")
TEXT_SIZES = (87, 100, 115, 130, 150)
"""Percent of the browser's own size."""

MOST_KEYS = 40
ACTION = re.compile(r"[a-z_]{1,30}")
LONGEST_KEY = 20
LANGUAGE = re.compile(r"[a-z]{2,3}")
MOST_LANGUAGES = 50


def _clean_theme(value: Any) -> str:
    if value not in THEMES:
        raise ValidationError(_("Choose one of %s.") % ", ".join(THEMES))
    return str(value)


def _clean_text_size(value: Any) -> int:
    # True is a number to Python, and 100.0 equals 100.
    if type(value) is not int or value not in TEXT_SIZES:
        raise ValidationError(_("Choose one of %s.") % ", ".join(map(str, TEXT_SIZES)))
    return value


def _clean_switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValidationError(_("Give true or false."))
    return value


def _clean_languages(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(
        isinstance(code, str) and LANGUAGE.fullmatch(code) for code in value
    ):
        raise ValidationError(_("Give a list of language codes such as en, ja or de."))
    if len(value) > MOST_LANGUAGES:
        raise ValidationError(_("At most %d languages are kept.") % MOST_LANGUAGES)
    return sorted(set(value))


def _clean_keys(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValidationError(_("Give an object of actions and their keys."))
    if len(value) > MOST_KEYS:
        raise ValidationError(_("At most %d keys are kept; leave some out.") % MOST_KEYS)
    for action, key in value.items():
        if not ACTION.fullmatch(str(action)):
            raise ValidationError(
                _("%r is no action; actions are written with a-z and _.") % str(action)[:40]
            )
        if not isinstance(key, str) or not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
            raise ValidationError(_("%s: give a key of 1 to 20 characters.") % action)
    taken = sorted(value.values())
    twice = next((key for key, after in pairwise(taken) if key == after), None)
    if twice is not None:
        raise ValidationError(_("%r stands for two actions; give each its own key.") % twice)
    return value


def _clean_mail(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValidationError(_("Give an object of groups of notices and how soon."))
    for group, choice in value.items():
        if group not in choosing.GROUPS:
            known = ", ".join(choosing.GROUPS)
            raise ValidationError(
                _("%(name)s is no group of notices; known are %(known)s.")
                % {"name": repr(str(group)[:40]), "known": known}
            )
        if choice not in choosing.CHOICES:
            raise ValidationError(_("Choose one of %s.") % ", ".join(choosing.CHOICES))
    return value


@dataclass(frozen=True)
class Preference:
    """One thing that may be set: what holds until then, and how a value is checked."""

    default: Any
    clean: Callable[[Any], Any]


PREFERENCES = {
    "theme": Preference("system", _clean_theme),
    "text_size": Preference(100, _clean_text_size),
    # Only keys that differ from a page's own, by the name of what they do.
    "keys": Preference({}, _clean_keys),
    "submit_at_once": Preference(False, _clean_switch),
    # Cover every text until it is asked for.
    "cover_first": Preference(False, _clean_switch),
    # Those whose items one is given; none stands for every language.
    "languages": Preference([], _clean_languages),
    # Which notices also go by e-mail, and how soon: by group, those that differ from the default.
    "mail": Preference({}, _clean_mail),
}


def preferences_of(person: Person) -> dict[str, Any]:
    """Every preference of `person`, with the default where they set nothing."""
    kept = person.preferences
    return {name: kept.get(name, known.default) for name, known in PREFERENCES.items()}


@transaction.atomic
def save_preferences(*, person: Person, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Keep `changes` over what `person` has set; returns every preference.

    ``keys`` replaces all keys at once.

    Raises:
        ValidationError: by field; then nothing is kept.
    """
    cleaned: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, value in changes.items():
        try:
            if name not in PREFERENCES:
                known = ", ".join(PREFERENCES)
                raise ValidationError(_("There is no such preference; known are %s.") % known)
            cleaned[name] = PREFERENCES[name].clean(value)
        except ValidationError as problem:
            # Half a character could not be sent back.
            errors[str(name)[:80].encode(errors="replace").decode()] = problem.messages
    if errors:
        raise ValidationError(errors)
    # Two devices that change different things at once lose neither.
    kept = Person.objects.select_for_update().get(pk=person.pk)
    person.preferences = kept.preferences | cleaned
    if person.preferences != kept.preferences:
        person.save(update_fields=["preferences"])
        audit.record(
            actor=person,
            action="preferences.changed",
            subject=f"person:{person.pk}",
            fields=sorted(cleaned),
        )
    return preferences_of(person)
