"""Intervals: the bootstrap over items or clusters, and Wilson's for a share.

A statistic that is a function of sums of per-item numbers is resampled as sums alone: items with
equal numbers are one type, and a replicate is one multinomial draw over the types. Nothing here
knows what the numbers mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Interval = tuple[float | None, float | None]
"""Lower and upper limit; both None where no replicate had a value."""

_FEW_TYPES = 20
"""Below one type per this many items a multinomial draw is cheaper than drawing the items."""

_CELLS_AT_ONCE = 4_000_000
"""Replicates are drawn in blocks of at most this many weights (32 MB)."""


def resampled_sums(per_item: ArrayLike, *, replicates: int = 1000, seed: int = 0) -> FloatArray:
    """Sums over items drawn with replacement.

    ``per_item`` has shape (items, k); the result (replicates, k), each row the sum over as many
    items as there are. The same seed gives the same numbers.
    """
    rows = np.ascontiguousarray(per_item, dtype=np.float64)
    if rows.ndim != 2 or len(rows) == 0:
        raise ValueError(f"per_item has shape {rows.shape}; give one row of numbers per item")
    if replicates < 1:
        raise ValueError(f"replicates is {replicates}; give at least 1")
    rng = np.random.default_rng(seed)
    types, counts = _types(rows)
    n = len(rows)
    if len(types) * _FEW_TYPES > n and len(types) > _FEW_TYPES:
        return np.stack([_draw_items(rng, n) @ rows for _ in range(replicates)])
    at_once = max(1, _CELLS_AT_ONCE // len(types))
    blocks = [
        rng.multinomial(n, counts / n, size=min(at_once, replicates - start)) @ types
        for start in range(0, replicates, at_once)
    ]
    return np.concatenate(blocks)


def bootstrap_interval(
    per_item: ArrayLike,
    statistic: Callable[[FloatArray], FloatArray],
    *,
    replicates: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Interval:
    """Percentile interval of a statistic of sums over items (Efron and Tibshirani 1993, ch. 13).

    ``statistic`` maps sums (replicates, k) to values (replicates,); replicates for which it is
    not finite are left out.
    """
    values = statistic(resampled_sums(per_item, replicates=replicates, seed=seed))
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return None, None
    tail = _tail(confidence)
    low, high = np.quantile(values, [tail, 1.0 - tail])
    return float(low), float(high)


def bootstrap_ratio(
    numerators: ArrayLike,
    denominators: ArrayLike,
    *,
    replicates: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Interval:
    """Percentile interval over items of sum(numerators) / sum(denominators), both (items,)."""
    per_item = np.column_stack(
        [np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)]
    )
    return bootstrap_interval(
        per_item, ratio, replicates=replicates, seed=seed, confidence=confidence
    )


def clustered_bootstrap_mean(
    values: ArrayLike,
    clusters: ArrayLike,
    *,
    replicates: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Interval:
    """Percentile interval of a mean whose values come in clusters (items, or labelers).

    ``values`` (n,) and ``clusters`` (n,) of any sortable ids; whole clusters are drawn, so that
    values that stand or fall together do not feign precision.
    """
    numbers = np.asarray(values, dtype=np.float64)
    _, codes = np.unique(np.asarray(clusters), return_inverse=True)
    if numbers.shape != codes.shape:
        raise ValueError(f"{len(numbers)} values but {len(codes)} clusters; give one each")
    if len(numbers) == 0:
        return None, None
    return bootstrap_ratio(
        np.bincount(codes, weights=numbers),
        np.bincount(codes),
        replicates=replicates,
        seed=seed,
        confidence=confidence,
    )


def wilson_interval(successes: float, n: float, *, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for a share (Wilson 1927): inside [0, 1], honest for small n.

    ``(p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)``; (None, None) for n = 0.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n}; give 0 <= successes <= n")
    if n == 0:
        return None, None
    z = float(ndtri(1.0 - _tail(confidence)))
    p = successes / n
    middle = p + z * z / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def ratio(sums: FloatArray) -> FloatArray:
    """First column over second; nan where the second is 0."""
    out = np.full(len(sums), np.nan)
    np.divide(sums[:, 0], sums[:, 1], out=out, where=sums[:, 1] != 0)
    return out


def _types(rows: FloatArray) -> tuple[FloatArray, IntArray]:
    """The distinct rows and how often each occurs; rows are compared by their bytes."""
    # Adding 0 turns -0.0, whose bytes differ, into 0.0.
    as_bytes = (rows + 0.0).view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    _, first, counts = np.unique(as_bytes, return_index=True, return_counts=True)
    return rows[first], counts.astype(np.int64)


def _draw_items(rng: np.random.Generator, n: int) -> IntArray:
    return np.bincount(rng.integers(n, size=n), minlength=n).astype(np.int64)


def _tail(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; give a number between 0 and 1")
    return (1.0 - confidence) / 2
