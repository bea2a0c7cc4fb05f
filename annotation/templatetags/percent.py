"""Figures as people read them."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def percent(share: float | None) -> str:
    """A share of one as a percentage with one decimal; a dash where there is none."""
    return "–" if share is None else f"{number_format(100 * share, 1)}%"


@register.filter
def decimals(value: float | None, places: int = 3) -> str:
    """A coefficient with `places` decimals; a dash where there is none."""
    return "–" if value is None else number_format(value, places)


@register.filter
def unlocalized(value: float) -> str:
    """A number as an HTML attribute wants it, whatever the language."""
    return str(value)
