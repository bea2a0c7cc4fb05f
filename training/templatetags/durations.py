"""Spans of time as people say them."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def duration(seconds: float | None) -> str:
    """`4210` as "1 h 10 min", `95` as "1 min 35 s", `8.2` as "8 s"; nothing for None."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(max(0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    return _("%(seconds)d s") % {"seconds": rest}


@register.filter
def seconds_until(start: datetime, end: datetime | None) -> float:
    """The seconds between two instants; up to now where the second is not known yet."""
    return ((end or timezone.now()) - start).total_seconds()
