"""Agreement beyond chance with other ideas of chance: Cohen, Fleiss, Gwet, Brennan and Prediger.

All but Cohen's take answers in long format (item, labeler, value) and give a `Coefficient` whose
interval is a bootstrap over items; Cohen's is of two labelers and has the interval of its standard
error. Krippendorff's alpha is in `agreement`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from annotation.stats.bootstrap import FloatArray, ratio
from annotation.stats.coefficient import (
    NO_INTERVAL,
    NO_OVERLAP,
    ONE_CATEGORY,
    Coefficient,
    Labels,
    Resampling,
    codes,
    estimated,
    labels,
)

Weighting = Literal["linear", "quadratic"]


def fleiss_kappa(
    items: ArrayLike,
    labelers: ArrayLike,
    values: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    resampling: Resampling = NO_INTERVAL,
) -> Coefficient:
    """Fleiss' kappa (Fleiss 1971), with items of unequal numbers of answers (Gwet 2014, ch. 2).

    ``kappa = (P - Pe) / (1 - Pe)``: P is `percent_agreement`; Pe the sum over categories of the
    squared mean share of a category, over all items with an answer.
    """
    return _chance_corrected(
        "Fleiss' kappa",
        labels(items, labelers, values, clusters),
        lambda shares: (shares**2).sum(axis=1),
        resampling,
    )


def gwet_ac1(
    items: ArrayLike,
    labelers: ArrayLike,
    values: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    resampling: Resampling = NO_INTERVAL,
) -> Coefficient:
    """Gwet's AC1 (2008): as Fleiss' kappa with ``Pe = sum_k p_k (1 - p_k) / (q - 1)``.

    p_k is the mean share of category k of the q that occur. Steady where one category prevails.
    """
    return _chance_corrected(
        "Gwet's AC1",
        labels(items, labelers, values, clusters),
        lambda shares: (shares * (1 - shares)).sum(axis=1) / max(shares.shape[1] - 1, 1),
        resampling,
    )


def brennan_prediger(
    items: ArrayLike,
    labelers: ArrayLike,
    values: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    resampling: Resampling = NO_INTERVAL,
) -> Coefficient:
    """Brennan and Prediger's coefficient (1981): ``Pe = 1 / q`` for the q categories that occur."""
    return _chance_corrected(
        "Brennan-Prediger",
        labels(items, labelers, values, clusters),
        lambda shares: np.full(len(shares), 1 / shares.shape[1]),
        resampling,
    )


def _chance_corrected(
    name: str,
    found: Labels,
    chance_of: Callable[[FloatArray], FloatArray],
    resampling: Resampling,
) -> Coefficient:
    """(P - Pe) / (1 - Pe), with Pe from the mean shares of the categories (rows, k)."""
    table = found.table()
    size = table.sum(axis=1)
    shared = size >= 2
    if not shared.any():
        return Coefficient(name, None, None, None, 0, 0, NO_OVERLAP)
    n_items, n_judgments = int(shared.sum()), int(size[shared].sum())
    if table.shape[1] == 1:
        return Coefficient(name, None, None, None, n_items, n_judgments, ONE_CATEGORY)
    same = np.zeros(len(table))
    many, total = table[shared], size[shared]
    same[shared] = (many * (many - 1)).sum(axis=1) / (total * (total - 1))
    shares = table / size[:, None]

    def beyond(sums: FloatArray) -> FloatArray:
        return _beyond(ratio(sums[:, :2]), chance_of(sums[:, 3:] / sums[:, 2:3]))

    return estimated(
        name,
        np.column_stack([same, shared, np.ones(len(table)), shares]),
        beyond,
        n_judgments=n_judgments,
        undefined=ONE_CATEGORY,
        resampling=resampling,
        n_items=n_items,
        clusters=found.clusters,
    )


def cross_table(first: ArrayLike, second: ArrayLike) -> FloatArray:
    """How often (first, second) values (n,) meet: (k, k) over the k values that occur, in order."""
    one, two = np.asarray(first), np.asarray(second)
    if one.shape != two.shape:
        raise ValueError(f"{len(one)} first values but {len(two)} second ones; give pairs.")
    categories, both = codes(np.concatenate([one, two]))
    k = len(categories)
    cells = np.bincount(both[: len(one)] * k + both[len(one) :], minlength=k * k)
    return cells.reshape(k, k).astype(np.float64)


def cohen_kappa(
    table: ArrayLike, *, weights: Weighting | None = None, confidence: float = 0.95
) -> Coefficient:
    """Cohen's kappa of two labelers, or of one labeler and the truth.

    ``table`` (k, k): how often the first said row and the second column (see `cross_table`).
    Agreement weights 1 - |i - j| / (k - 1) or 1 - ((i - j) / (k - 1))^2 for ordered categories. The
    interval is value -+ z ASE with the asymptotic standard error of Fleiss, Cohen and Everitt
    (1969), so that ASE = (high - low) / 2z.
    """
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or (counts < 0).any():
        raise ValueError(f"The table has shape {counts.shape}; give a square one of counts.")
    name = "Cohen's kappa" if weights is None else f"Cohen's kappa ({weights} weights)"
    n = float(counts.sum())
    if n == 0:
        return Coefficient(name, None, None, None, 0, 0, NO_OVERLAP)
    p = counts / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    w = _agreement_weights(len(p), weights)
    observed, chance = float((w * p).sum()), float(rows @ w @ columns)
    if math.isclose(chance, 1.0, abs_tol=1e-12):
        return Coefficient(name, None, None, None, int(n), int(2 * n), ONE_CATEGORY)
    kappa = (observed - chance) / (1 - chance)
    by_row, by_column = w @ columns, rows @ w
    spread = (w - (by_row[:, None] + by_column[None, :]) * (1 - kappa)) ** 2
    variance = float((p * spread).sum()) - (kappa - chance * (1 - kappa)) ** 2
    half = float(ndtri(0.5 + confidence / 2)) * math.sqrt(max(variance, 0.0) / n) / (1 - chance)
    return Coefficient(name, kappa, kappa - half, kappa + half, int(n), int(2 * n))


def _agreement_weights(k: int, weights: Weighting | None) -> FloatArray:
    if weights is None or k == 1:
        return np.eye(k)
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k))) / (k - 1)
    return 1.0 - (apart if weights == "linear" else apart**2)


def _beyond(observed: FloatArray, chance: FloatArray) -> FloatArray:
    """(observed - chance) / (1 - chance), nan where chance is total."""
    room = 1.0 - chance
    out = np.full(len(observed), np.nan)
    np.divide(observed - chance, room, out=out, where=room > 1e-12)
    return out
