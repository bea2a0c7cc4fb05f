"""Places on a bar of a hundred units, as SVG attributes want them in any language."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def of_hundred(share: float) -> str:
    """Where a share lies."""
    return f"{100 * share:.1f}"


@register.filter
def width_of_hundred(score: Mapping[str, float]) -> str:
    """How long the interval of a score is, and never too thin to be seen."""
    return f"{max(1.0, 100 * (score['high'] - score['low'])):.1f}"
