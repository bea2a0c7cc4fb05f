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
    "adjudicate": roles.ADJUDICATING,
    "comment": roles.COMMENTING,
}


@register.filter
def may(held: set[str], deed: str) -> bool:
    """Whether somebody with the roles `held` may do `deed`: one of `DEEDS`."""
    return bool(set(held) & DEEDS[deed])
