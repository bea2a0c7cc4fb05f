"""What a signal about a labeler's habits is: a figure with its interval and what is behind it.

A signal is evidence for a person to look at, never a verdict: none of them pauses anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MOST_ROWS = 20
"""How many answers behind a signal are kept for looking at."""


@dataclass(frozen=True)
class Signal:
    """One habit of one labeler.

    ``value`` with its 95% interval ``low`` to ``high`` (None where it is undefined) from ``n``
    answers; ``usual`` is what is normal: what others do on the same items, or chance. ``raised``
    says that the figure is far enough from it to be looked at. ``counts`` are further numbers,
    ``examples`` short texts, and ``rows`` the answers behind it, by their place in what was given.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    usual: float | None
    raised: bool
    counts: Mapping[str, float | int | None] = field(default_factory=dict)
    examples: Sequence[str] = ()
    rows: Sequence[int] = ()


def nothing(name: str, n: int = 0) -> Signal:
    """A signal about which too little is known."""
    return Signal(name, None, None, None, n, None, raised=False)
