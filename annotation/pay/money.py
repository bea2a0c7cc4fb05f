"""Money: the currencies that projects pay in, rounding to their smallest unit, and its writing.

Sums are rounded once and half up; nothing here knows what is paid for.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils import formats

CURRENCIES = {
    **dict.fromkeys(("AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD"), 2),
    **dict.fromkeys(("IDR", "ILS", "INR", "KES", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN"), 2),
    **dict.fromkeys(("RON", "SEK", "SGD", "THB", "TRY", "TWD", "UAH", "USD", "ZAR"), 2),
    **dict.fromkeys(("CLP", "JPY", "KRW", "UGX", "VND"), 0),
    **dict.fromkeys(("BHD", "JOD", "KWD", "TND"), 3),
}
"""By ISO 4217 code: how many decimal places the smallest unit has."""


def to_minor(amount: Decimal, currency: str) -> int:
    """`amount` of the currency in its smallest unit, half a unit up."""
    scaled = amount.scaleb(CURRENCIES[currency])
    return int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def to_decimal(minor: int, currency: str) -> Decimal:
    """So many smallest units as an amount of the currency."""
    return Decimal(minor).scaleb(-CURRENCIES[currency])


@dataclass(frozen=True)
class Money:
    """So many of the smallest units of a currency; as text in the viewer's language."""

    minor: int
    currency: str

    @property
    def amount(self) -> Decimal:
        """The amount of the currency."""
        return to_decimal(self.minor, self.currency)

    def __str__(self) -> str:
        shown = formats.number_format(self.amount, CURRENCIES[self.currency], force_grouping=True)
        return f"{shown} {self.currency}"
