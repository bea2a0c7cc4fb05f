"""The form that voids a labeler's answers, and a time as an address gives it."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotation.watch.voiding import LONGEST_REASON

MINUTES = "%Y-%m-%dT%H:%M"


class VoidForm(forms.Form):
    """Since when, and why."""

    since = forms.DateTimeField(
        label=_("From this time on"),
        input_formats=[MINUTES, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "iso-8601"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES),
        help_text=_("In the time zone of this server."),
    )
    reason = forms.CharField(
        label=_("Why"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The labeler reads this: say what was wrong, and nothing about the person."),
    )


def since_of(text: str) -> datetime:
    """A time of an address; without a zone it is in the server's.

    Raises:
        ValidationError: it is none.
    """
    try:
        # A plus sign in an address is a space.
        found = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        found = None
    if found is None:
        raise ValidationError({"since": gettext("Give a time, like 2026-11-21T09:00:00Z.")})
    return make_aware(found) if is_naive(found) else found
