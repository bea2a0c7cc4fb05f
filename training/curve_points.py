"""Points of curves: thinned to what a page needs, smoothed where they are noisy, put into bins.

Pure functions on lists of (x, y).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

MAX_POINTS = 400
MOST_BINS = 60

FEWEST_SMOOTHED = 20
"""Points from which on a noisy curve gets a moving average."""

NOISY = 0.4
"""Share of points at which a curve turns: 0 for a smooth one, two thirds for pure noise."""

Point = tuple[float, float]


def thin(points: Sequence[Point], most: int = MAX_POINTS) -> list[Point]:
    """At most `most` points that keep the shape: of every stretch its lowest and its highest."""
    if len(points) <= most:
        return list(points)
    size = math.ceil(2 * len(points) / (most - 2))
    kept = {0, len(points) - 1}
    for start in range(0, len(points), size):
        stretch = range(start, min(start + size, len(points)))
        kept |= {
            min(stretch, key=lambda i: points[i][1]),
            max(stretch, key=lambda i: points[i][1]),
        }
    return [points[i] for i in sorted(kept)]


def is_noisy(points: Sequence[Point]) -> bool:
    """Whether a curve goes up and down so often that its mean says more than its points."""
    if len(points) < FEWEST_SMOOTHED:
        return False
    ys = [y for _x, y in points]
    turns = sum(
        (after - at) * (at - before) < 0
        for before, at, after in zip(ys, ys[1:], ys[2:], strict=False)
    )
    return turns > NOISY * (len(ys) - 2)


def window_of(points: Sequence[Point]) -> int:
    """Over how many points the mean moves: a tenth of all, 5 at least."""
    return max(5, len(points) // 10)


def moving_average(points: Sequence[Point], window: int) -> list[Point]:
    """The mean of each point and those before it, up to `window` of them."""
    found, total = [], 0.0
    for i, (x, y) in enumerate(points):
        total += y - (points[i - window][1] if i >= window else 0.0)
        found.append((x, total / min(i + 1, window)))
    return found


def binned(points: Sequence[Point], most: int = MOST_BINS) -> list[Point]:
    """At most `most` points, each the mean of a stretch, at the stretch's last place."""
    size = max(1, math.ceil(len(points) / most))
    return [
        (stretch[-1][0], sum(y for _x, y in stretch) / len(stretch))
        for stretch in (points[start : start + size] for start in range(0, len(points), size))
    ]
