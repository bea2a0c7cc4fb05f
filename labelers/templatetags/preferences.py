"""What a template may ask about the viewer's preferences."""

from __future__ import annotations

from typing import Any

from django import template

from labelers.preferences import preferences_of

register = template.Library()


@register.filter
def preferences(person: Any) -> dict[str, Any]:
    """Every preference of somebody who is signed in."""
    return preferences_of(person)
