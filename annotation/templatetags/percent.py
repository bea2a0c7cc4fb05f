"""Figures as people read them."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def percent(share: float | None) -> str:
    """A share of one as a percentage with one decimal; a dash where there is none."""
    return "–" if share is None else f"{decimals(100 * share, 1)}%"


@register.filter
def decimals(value: float | None, places: int = 3) -> str:
    """A coefficient with `places` decimals; a dash where there is none."""
    # number_format cuts what round would round up.
    return "–" if value is None else number_format(round(value, places), places)


@register.filter
def unlocalized(value: float) -> str:
    """A number as an HTML attribute wants it, whatever the language."""
    return str(value)
