"""How far labelers agree on rankings: Kendall's tau-b and W, and the comparisons they imply.

Rankings come as one row of ranks per answer (1 is best, equal ranks are ties, nan where an item
has fewer responses than the widest); all labelers of an item rank the same responses. What a set
of rankings says together is in `rankings`, not here.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.stats.bootstrap import FloatArray, IntArray, ratio
from annotation.stats.coefficient import (
    NO_INTERVAL,
    Coefficient,
    Resampling,
    codes,
    estimated,
    labels,
)

ALL_TIED = "Every ranking ties all responses, so there is no order to compare."


def kendall_tau_b(
    items: ArrayLike,
    labelers: ArrayLike,
    ranks: ArrayLike,
    *,
    resampling: Resampling = NO_INTERVAL,
) -> Coefficient:
    """Mean over items of the mean tau-b of its labeler pairs.

    ``items``, ``labelers`` (n,); ``ranks`` (n, K). With s the signs of all K(K-1)/2 differences,
    ``tau_b(a, b) = s_a . s_b / (|s_a| |s_b|)`` (Kendall 1945): ties are in the norm. A ranking that
    ties everything has no direction and is left out.
    """
    item, table = _rankings(items, labelers, ranks)
    signs = np.nan_to_num(_signs(table))
    norms = np.sqrt((signs**2).sum(axis=1))
    told = norms > 0
    n_items, size = _sizes(item, told)
    unit = np.zeros_like(signs)
    unit[told] = signs[told] / norms[told, None]
    # The sum over pairs of z_a . z_b is (|sum z|^2 - m) / 2 for unit vectors z.
    sums = _by_item(item, unit, n_items)
    shared = size >= 2
    pairs = size[shared] * (size[shared] - 1)
    mean = ((sums[shared] ** 2).sum(axis=1) - size[shared]) / pairs
    return _mean("Kendall's tau-b", mean, size, resampling, told.all())


def kendall_w(
    items: ArrayLike,
    labelers: ArrayLike,
    ranks: ArrayLike,
    *,
    resampling: Resampling = NO_INTERVAL,
) -> Coefficient:
    """Mean over items of Kendall's coefficient of concordance, corrected for ties.

    ``W = 12 S / (m^2 (K^3 - K) - m sum T)`` for m rankings of K responses, S the squared deviations
    of the rank sums, T = sum (t^3 - t) over the ties of a ranking (Siegel and Castellan 1988,
    9.8). ``items``, ``labelers`` (n,), ``ranks`` (n, K).
    """
    item, table = _rankings(items, labelers, ranks)
    n_items, size = _sizes(item, np.ones(len(item), dtype=bool))
    middle = _mid_ranks(table)
    width = (~np.isnan(table)).sum(axis=1)
    # sum r^2 = (K^3 - K) / 12 + K (K+1)^2 / 4 - T / 12 gives T without counting ties.
    squares = np.nansum(middle**2, axis=1)
    ties = (width**3 - width) + 3 * width * (width + 1) ** 2 - 12 * squares
    sums = _by_item(item, np.nan_to_num(middle), n_items)
    k = np.zeros(n_items)
    k[item] = width
    level = size * (k + 1) / 2
    deviations = (sums**2).sum(axis=1) - k * level**2
    room = size**2 * (k**3 - k) - size * np.bincount(item, weights=ties, minlength=n_items)
    shared = (size >= 2) & (room > 1e-9)
    return _mean(
        "Kendall's W",
        12 * deviations[shared] / room[shared],
        np.where(shared, size, 0),
        resampling,
        not ((size >= 2) & ~shared).any(),
    )


def implied_agreement(
    items: ArrayLike,
    labelers: ArrayLike,
    ranks: ArrayLike,
    *,
    ties: Literal["drop", "count"] = "drop",
    resampling: Resampling = NO_INTERVAL,
) -> Coefficient:
    """Share of labeler pairs that say the same of a pair of responses, over all such pairs.

    The figure of InstructGPT (2203.02155): each ranking (n, K) implies K(K-1)/2 comparisons.
    ``drop`` leaves out comparisons in which either labeler ties, as it does; with ``count`` a tie
    agrees with a tie alone.
    """
    item, table = _rankings(items, labelers, ranks)
    signs = _signs(table)
    n_items, size = _sizes(item, np.ones(len(item), dtype=bool))
    same = np.zeros(n_items)
    n = np.zeros((n_items, signs.shape[1]))
    for answer in (-1.0, 1.0) if ties == "drop" else (-1.0, 0.0, 1.0):
        votes = _by_item(item, (signs == answer).astype(np.float64), n_items)
        same += (votes * (votes - 1)).sum(axis=1)
        n += votes
    pairs = (n * (n - 1)).sum(axis=1)
    shared = size >= 2
    return estimated(
        "agreement on implied comparisons",
        np.column_stack([same, pairs])[shared],
        ratio,
        n_judgments=int(size[shared].sum()),
        undefined=ALL_TIED,
        resampling=resampling,
    )


def _rankings(
    items: ArrayLike, labelers: ArrayLike, ranks: ArrayLike
) -> tuple[IntArray, FloatArray]:
    """Item codes (n,) and ranks (n, K), checked."""
    table = np.asarray(ranks, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"ranks have shape {table.shape}; give one row of K ranks per answer.")
    item = labels(items, labelers, np.arange(len(table))).item
    given = ~np.isnan(table)
    ids, pattern = codes(given @ (1 << np.arange(table.shape[1])))
    least = np.full(item.max(initial=-1) + 1, len(ids))
    np.minimum.at(least, item, pattern)
    if (least[item] != pattern).any():
        raise ValueError("Two labelers of one item rank different responses; give the same ones.")
    return item, table


def _signs(table: FloatArray) -> FloatArray:
    """Signs of rank_i - rank_j for i < j, shape (n, K(K-1)/2): -1 where i is better."""
    first, second = np.triu_indices(table.shape[1], 1)
    return np.sign(table[:, first] - table[:, second])


def _by_item(item: IntArray, rows: FloatArray, n_items: int) -> FloatArray:
    """Sums of rows (n, p) by item, shape (items, p)."""
    columns = [np.bincount(item, weights=column, minlength=n_items) for column in rows.T]
    return np.column_stack(columns) if columns else np.zeros((n_items, 0))


def _sizes(item: IntArray, counted: NDArray[np.bool]) -> tuple[int, FloatArray]:
    n_items = int(item.max(initial=-1)) + 1
    return n_items, np.bincount(item[counted], minlength=n_items).astype(np.float64)


def _mean(
    name: str, values: FloatArray, size: FloatArray, resampling: Resampling, all_told: bool
) -> Coefficient:
    """The mean of one value per item with at least two answers."""
    if len(values) == 0 and not all_told:
        return Coefficient(name, None, None, None, 0, 0, ALL_TIED)
    return estimated(
        name,
        np.column_stack([values, np.ones(len(values))]),
        ratio,
        n_judgments=int(size[size >= 2].sum()),
        undefined=ALL_TIED,
        resampling=resampling,
    )


def _mid_ranks(table: FloatArray) -> FloatArray:
    """Ranks within each row of (n, K), ties at their mean rank, nan left out and kept."""
    here, there = table[:, :, None], table[:, None, :]
    ranks = (there < here).sum(axis=2) + ((there == here).sum(axis=2) + 1) / 2
    found: FloatArray = np.where(np.isnan(table), np.nan, ranks)
    return found
