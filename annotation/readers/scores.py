"""Ranks out of scores, for formats that say how good each response is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def number_of(value: Any) -> float | None:
    """A number, where `value` is one or is written as one."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < float("inf") else None


def ranks_by(scores: Sequence[float]) -> list[int]:
    """1 for the highest score, equal ones are ties, and a tie takes as many ranks as it has."""
    return [1 + sum(other > score for other in scores) for score in scores]
