"""How far a preference goes by length: the share, the slope, and the curve over the ratio.

Everything is about comparisons of two lengths: ``x`` (n,) is log2(length of the first / length of
the second), ``points`` (n,) is 1 where the first was preferred, 0 where the second was, 0.5 for a
tie. Where both are equally long, length says nothing: such rows are for the caller to leave out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.stats.bootstrap import FloatArray, Interval, bootstrap_ratio
from annotation.stats.coefficient import codes

EDGES = (1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 8.0)
"""Where the bins of the curve begin, as ratios of the longer to the shorter; the last is open."""

_Z = 1.959963984540054


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95% interval; all None where there is nothing to estimate from."""

    value: float | None
    low: float | None
    high: float | None
    n: int


NOTHING = Estimate(None, None, None, 0)


def share(points: ArrayLike, *clusterings: ArrayLike) -> Estimate:
    """The mean of points in [0, 1], a tie being half a point.

    The interval is the widest of those by bootstrap over each clustering (n,): of labelers and of
    items, say, so that neither few people nor few items feign precision.
    """
    values = np.asarray(points, dtype=np.float64)
    if not len(values):
        return NOTHING
    found = [ratio_interval(values, np.ones(len(values)), each) for each in clusterings]
    lows = [low for low, _high in found if low is not None]
    highs = [high for _low, high in found if high is not None]
    low, high = (min(lows), max(highs)) if lows else (None, None)
    return Estimate(float(values.mean()), low, high, len(values))


def ratio_interval(numerators: ArrayLike, denominators: ArrayLike, clusters: ArrayLike) -> Interval:
    """95% interval of sum(numerators) / sum(denominators), (n,) each, drawing whole clusters."""
    _, code = codes(clusters)
    sums = [np.bincount(code, weights=np.asarray(a)) for a in (numerators, denominators)]
    return bootstrap_ratio(*sums)


def for_the_longer(x: ArrayLike, points: ArrayLike) -> FloatArray:
    """The points of the longer of the two, whichever it is."""
    values = np.asarray(points, dtype=np.float64)
    found: FloatArray = np.where(np.asarray(x) > 0, values, 1 - values)
    return found


def slope(x: ArrayLike, points: ArrayLike, clusters: ArrayLike) -> Estimate:
    """Log odds of being preferred per doubling of the length ratio: logit p = b x, no intercept.

    Newton's method; the interval is b -+ 1.96 standard errors that are robust to clusters
    (Liang and Zeger 1986). One virtual tie at x = -+1 keeps b finite where the longer always wins.
    """
    ratio = np.asarray(x, dtype=np.float64)
    values = np.asarray(points, dtype=np.float64)
    if not len(ratio):
        return NOTHING
    b = 0.0
    for _ in range(50):
        p = 1 / (1 + np.exp(-b * ratio))
        virtual = 1 / (1 + np.exp(-b))
        gradient = float((ratio * (values - p)).sum()) + 0.5 - virtual
        information = float((ratio**2 * p * (1 - p)).sum()) + virtual * (1 - virtual)
        step = gradient / information
        b += float(np.clip(step, -2, 2))
        if abs(step) < 1e-10:
            break
    residual = ratio * (values - 1 / (1 + np.exp(-b * ratio)))
    _, code = codes(clusters)
    meat = float((np.bincount(code, weights=residual) ** 2).sum())
    error = float(np.sqrt(meat) / information)
    return Estimate(b, b - _Z * error, b + _Z * error, len(ratio))


def curve(x: ArrayLike, points: ArrayLike, clusters: ArrayLike) -> list[Estimate]:
    """Per bin of EDGES the share in which the longer one is preferred."""
    ratio = np.abs(np.asarray(x, dtype=np.float64))
    longer = for_the_longer(x, points)
    edges: NDArray[np.float64] = np.log2(np.array(EDGES[1:]))
    bins = np.digitize(ratio, edges)
    groups = np.asarray(clusters)
    return [share(longer[bins == b], groups[bins == b]) for b in range(len(EDGES))]
