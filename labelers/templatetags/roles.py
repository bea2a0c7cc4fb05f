"""What a template may ask about the viewer's roles."""

from __future__ import annotations

from django import template

from labelers import roles

register = template.Library()

DEEDS = {
    "label": roles.LABELING,
    "read": roles.READING,
    "train": roles.TRAINING,
    "manage": roles.MANAGING,
}


@register.filter
def may(held: set[str], deed: str) -> bool:
    """Whether somebody with the roles `held` may do `deed`: label, read, train or manage."""
    return bool(set(held) & DEEDS[deed])
