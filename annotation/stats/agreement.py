"""How far labelers agree: percent agreement, Cohen's and Fleiss' kappa, Krippendorff's alpha.

All but Cohen's take answers in long format (item, labeler, value), in any order and with gaps, and
give a `Coefficient` whose interval is a bootstrap over items. Agreement of rankings (Kendall's
tau-b and W, implied comparisons) is in `rank_agreement` and can be imported from here.
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
from annotation.stats.rank_agreement import implied_agreement, kendall_tau_b, kendall_w

__all__ = [
    "Coefficient",
    "Resampling",
    "cohen_kappa",
    "cross_table",
    "fleiss_kappa",
    "implied_agreement",
    "kendall_tau_b",
    "kendall_w",
    "krippendorff_alpha",
    "percent_agreement",
]

Metric = Literal["nominal", "ordinal", "interval", "ratio"]
Weighting = Literal["linear", "quadratic"]


def percent_agreement(
    items: ArrayLike,
    labelers: ArrayLike,
    values: ArrayLike,
    *,
    resampling: Resampling = NO_INTERVAL,
) -> Coefficient:
    """Mean over items of the share of its labeler pairs who gave the same value.

    ``items``, ``labelers``, ``values``: (n,) each. With r_ik answers k among r_i of item i:
    ``mean_i sum_k r_ik (r_ik - 1) / (r_i (r_i - 1))`` over items with r_i >= 2 (Gwet 2014). Not
    corrected for chance: show alpha beside it.
    """
    table, n_judgments = _shared(labels(items, labelers, values))
    size = table.sum(axis=1)
    same = (table * (table - 1)).sum(axis=1) / (size * (size - 1))
    return estimated(
        "percent agreement",
        np.column_stack([same, np.ones(len(table))]),
        ratio,
        n_judgments=n_judgments,
        undefined=NO_OVERLAP,
        resampling=resampling,
    )


def fleiss_kappa(
    items: ArrayLike,
    labelers: ArrayLike,
    values: ArrayLike,
    *,
    resampling: Resampling = NO_INTERVAL,
) -> Coefficient:
    """Fleiss' kappa (Fleiss 1971), with items of unequal numbers of answers (Gwet 2014, ch. 2).

    ``kappa = (P - Pe) / (1 - Pe)``: P is `percent_agreement`; Pe the sum over categories of the
    squared mean share of a category, over all items with an answer.
    """
    found = labels(items, labelers, values)
    table = found.table()
    size = table.sum(axis=1)
    shared = size >= 2
    if not shared.any():
        return Coefficient("Fleiss' kappa", None, None, None, 0, 0, NO_OVERLAP)
    same = np.zeros(len(table))
    many, total = table[shared], size[shared]
    same[shared] = (many * (many - 1)).sum(axis=1) / (total * (total - 1))
    shares = table / size[:, None]

    def kappa(sums: FloatArray) -> FloatArray:
        observed = ratio(sums[:, :2])
        chance = ((sums[:, 3:] / sums[:, 2:3]) ** 2).sum(axis=1)
        return _beyond(observed, chance)

    return estimated(
        "Fleiss' kappa",
        np.column_stack([same, shared, np.ones(len(table)), shares]),
        kappa,
        n_judgments=int(total.sum()),
        undefined=ONE_CATEGORY,
        resampling=resampling,
        n_items=int(shared.sum()),
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


def krippendorff_alpha(
    items: ArrayLike,
    labelers: ArrayLike,
    values: ArrayLike,
    *,
    metric: Metric = "nominal",
    resampling: Resampling = NO_INTERVAL,
) -> Coefficient:
    """Krippendorff's alpha (Krippendorff 2011, "Computing Krippendorff's alpha-reliability").

    ``alpha = 1 - (n - 1) sum_ck o_ck d_ck / sum_ck n_c n_k d_ck`` with the coincidences
    ``o_ck = sum_u (m_uc m_uk - [c = k] m_uc) / (m_u - 1)`` over items u with m_u >= 2 answers,
    their margins n_c, n = sum n_c, and the squared difference d_ck of the metric. ``values`` (n,)
    must be numbers for interval and ratio, and sort in their order for ordinal. The bootstrap takes
    whole items and computes the margins (and ordinal differences) anew in each replicate.
    """
    found = labels(items, labelers, values)
    table, n_judgments = _shared(found)
    name = f"Krippendorff's alpha ({metric})"
    if len(table) == 0:
        return Coefficient(name, None, None, None, 0, 0, NO_OVERLAP)
    used = table.sum(axis=0) > 0
    table, categories = table[:, used], found.categories[used]
    if metric == "ordinal":
        per_item, statistic = _ordinal(table)
    else:
        per_item, statistic = _fixed(table, _squared_difference(categories, metric))
    return estimated(
        name,
        per_item,
        statistic,
        n_judgments=n_judgments,
        undefined=ONE_CATEGORY,
        resampling=resampling,
    )


def _shared(found: Labels) -> tuple[FloatArray, int]:
    """The rows of items with at least two answers, and the number of those answers."""
    table = found.table()
    table = table[table.sum(axis=1) >= 2]
    return table, int(table.sum())


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


def _squared_difference(categories: ArrayLike, metric: Metric) -> FloatArray:
    values = np.asarray(categories)
    if metric == "nominal":
        return 1.0 - np.eye(len(values))
    if values.dtype.kind not in "biuf":
        raise ValueError(f"The {metric} metric needs numbers, not {values.dtype.kind!r} values.")
    numbers = values.astype(np.float64)
    apart = np.subtract.outer(numbers, numbers)
    if metric == "interval":
        return apart**2
    if (numbers < 0).any():
        raise ValueError("The ratio metric needs values of 0 or more.")
    total = np.add.outer(numbers, numbers)
    return np.divide(apart, total, out=np.zeros_like(apart), where=total != 0) ** 2


def _fixed(
    table: FloatArray, difference: FloatArray
) -> tuple[FloatArray, Callable[[FloatArray], FloatArray]]:
    """Per item its observed disagreement and its counts; alpha from their sums."""
    observed = ((table @ difference) * table).sum(axis=1) / (table.sum(axis=1) - 1)

    def alpha(sums: FloatArray) -> FloatArray:
        margins = sums[:, 1:]
        expected = ((margins @ difference) * margins).sum(axis=1)
        return _alpha(sums[:, 0], expected, margins.sum(axis=1))

    return np.column_stack([observed, table]), alpha


def _ordinal(table: FloatArray) -> tuple[FloatArray, Callable[[FloatArray], FloatArray]]:
    """Per item its coincidences above the diagonal and its counts.

    The ordinal difference (sum_{g=c..k} n_g - (n_c + n_k) / 2)^2 is the squared distance of the
    mid-ranks of c and k, which follow from the margins.
    """
    upper = np.triu_indices(table.shape[1], 1)
    pairs = table[:, upper[0]] * table[:, upper[1]] / (table.sum(axis=1, keepdims=True) - 1)
    split = len(upper[0])

    def alpha(sums: FloatArray) -> FloatArray:
        coincidences, margins = sums[:, :split], sums[:, split:]
        middle = np.cumsum(margins, axis=1) - margins / 2
        difference = (middle[:, upper[0]] - middle[:, upper[1]]) ** 2
        observed = 2 * (coincidences * difference).sum(axis=1)
        chance = 2 * (margins[:, upper[0]] * margins[:, upper[1]] * difference).sum(axis=1)
        return _alpha(observed, chance, margins.sum(axis=1))

    return np.column_stack([pairs, table]), alpha


def _alpha(observed: FloatArray, expected: FloatArray, n: FloatArray) -> FloatArray:
    out = np.full(len(observed), np.nan)
    np.divide((n - 1) * observed, expected, out=out, where=expected > 0)
    alpha: FloatArray = 1.0 - out
    return alpha
