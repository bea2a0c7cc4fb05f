"""Curves of something against KL, read at the same KL: between the points of a sweep, never beyond.

What a policy gains grows about as the root of its KL (Gao et al. 2022, arXiv 2210.10760), so points
are joined by straight lines over that root. Arrays and numbers only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True)
class Reading:
    """A figure at a KL. ``kl`` is lower than what was asked for where the sweep ends before."""

    kl: float
    value: float
    reached: bool


@dataclass(frozen=True)
class Spread:
    """A mean over seeds with its 95 % t interval, which is the mean itself where there is one."""

    mean: float
    low: float
    high: float


def read_at(points: Sequence[tuple[float, float]], kl: float) -> Reading:
    """The figure at ``kl`` of a curve of (KL, figure) points in any order.

    A method that starts beyond ``kl``, or ends before it, is read at its nearest point, and
    ``reached`` says so. KL that sampling made negative counts as 0.
    """
    if not points:
        raise ValueError("A curve without points cannot be read.")
    ordered = sorted((max(0.0, at), value) for at, value in points)
    first, last = ordered[0][0], ordered[-1][0]
    inside = min(max(kl, first), last)
    roots, values = zip(*((math.sqrt(at), value) for at, value in ordered), strict=True)
    value = float(np.interp(math.sqrt(inside), roots, values))
    return Reading(kl=inside, value=value, reached=inside == kl)


def spread_of(values: Sequence[float]) -> Spread:
    """Mean over seeds with its interval."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return Spread(mean, mean, mean)
    deviation = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    reach = float(stats.t.ppf(0.975, len(values) - 1)) * deviation
    return Spread(mean, mean - reach, mean + reach)


def best_of_n(
    rewards: Sequence[float], figures: Mapping[str, Sequence[float]], n: int
) -> dict[str, float]:
    """Expected figures of the response of highest reward among ``n`` drawn from a pool.

    The mean over all subsets of ``n``: the i-th lowest of N counts C(i - 1, n - 1) / C(N, n)
    times (2112.09332, appendix). Of equal rewards the later one is taken as the higher.
    """
    size = len(rewards)
    if not 1 <= n <= size:
        raise ValueError(f"n is {n}, which must lie between 1 and the {size} responses there are.")
    order = np.argsort(np.asarray(rewards), kind="stable")
    weights = np.array([math.comb(place, n - 1) for place in range(size)]) / math.comb(size, n)
    return {
        name: float(weights @ np.asarray(values, dtype=np.float64)[order])
        for name, values in figures.items()
    }


def best_of_n_kl(n: int) -> float:
    """KL of best-of-n to the policy that it draws from, in nats, where no two rewards are equal."""
    return math.log(n) - (n - 1) / n
