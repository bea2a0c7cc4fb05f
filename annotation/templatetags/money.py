"""Rates of pay as people read them."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def rate(amount: Decimal) -> str:
    """An exact amount with as many decimals as it has; a dash where it is nothing."""
    if not amount:
        return "–"
    places = -int(amount.normalize().as_tuple().exponent)
    return number_format(amount, max(places, 0))
