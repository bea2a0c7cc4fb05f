"""How far labelers agree: percent agreement and Krippendorff's alpha.

Answers come in long format (item, labeler, value), in any order and with gaps; each function gives
a `Coefficient` whose interval is a bootstrap over items. The coefficients of Cohen, Fleiss and Gwet
(`kappas`) and those of rankings (`rank_agreement`) can be imported from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.stats.bootstrap import FloatArray, IntArray, ratio
from annotation.stats.coefficient import (
    NO_INTERVAL,
    NO_OVERLAP,
    ONE_CATEGORY,
    Coefficient,
    Labels,
    Resampling,
    estimated,
    labels,
)
from annotation.stats.kappas import (
    brennan_prediger,
    cohen_kappa,
    cross_table,
    fleiss_kappa,
    gwet_ac1,
)
from annotation.stats.rank_agreement import implied_agreement, kendall_tau_b, kendall_w

__all__ = [
    "Coefficient",
    "Resampling",
    "brennan_prediger",
    "cohen_kappa",
    "cross_table",
    "fleiss_kappa",
    "gwet_ac1",
    "implied_agreement",
    "kendall_tau_b",
    "kendall_w",
    "krippendorff_alpha",
    "percent_agreement",
    "percent_and_alpha",
]

Metric = Literal["nominal", "ordinal", "interval", "ratio"]


def percent_agreement(
    items: ArrayLike,
    labelers: ArrayLike,
    values: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    resampling: Resampling = NO_INTERVAL,
) -> Coefficient:
    """Mean over items of the share of its labeler pairs who gave the same value.

    ``items``, ``labelers``, ``values``: (n,) each. With r_ik answers k among r_i of item i:
    ``mean_i sum_k r_ik (r_ik - 1) / (r_i (r_i - 1))`` over items with r_i >= 2 (Gwet 2014). Not
    corrected for chance: show alpha beside it.
    """
    return _percent(_shared(labels(items, labelers, values, clusters)), resampling)


def _percent(found: _Shared, resampling: Resampling) -> Coefficient:
    table, n_judgments, cluster = found.table, found.n_judgments, found.clusters
    size = table.sum(axis=1)
    same = (table * (table - 1)).sum(axis=1) / (size * (size - 1))
    return estimated(
        "percent agreement",
        np.column_stack([same, np.ones(len(table))]),
        ratio,
        n_judgments=n_judgments,
        undefined=NO_OVERLAP,
        resampling=resampling,
        clusters=cluster,
    )


def krippendorff_alpha(
    items: ArrayLike,
    labelers: ArrayLike,
    values: ArrayLike,
    *,
    metric: Metric = "nominal",
    clusters: ArrayLike | None = None,
    resampling: Resampling = NO_INTERVAL,
) -> Coefficient:
    """Krippendorff's alpha (Krippendorff 2011, "Computing Krippendorff's alpha-reliability").

    ``alpha = 1 - (n - 1) sum_ck o_ck d_ck / sum_ck n_c n_k d_ck`` with the coincidences
    ``o_ck = sum_u (m_uc m_uk - [c = k] m_uc) / (m_u - 1)`` over items u with m_u >= 2 answers,
    their margins n_c, n = sum n_c, and the squared difference d_ck of the metric. ``values`` (n,)
    must be numbers for interval and ratio, and sort in their order for ordinal. The bootstrap takes
    whole items (or ``clusters`` (n,) of them, as the pairs of one ranking) and computes the margins
    (and ordinal differences) anew in each replicate.
    """
    return _krippendorff(_shared(labels(items, labelers, values, clusters)), metric, resampling)


def percent_and_alpha(
    items: ArrayLike,
    labelers: ArrayLike,
    values: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    resampling: Resampling = NO_INTERVAL,
) -> tuple[Coefficient, Coefficient]:
    """`percent_agreement` and nominal `krippendorff_alpha` from one reading of the answers."""
    found = _shared(labels(items, labelers, values, clusters))
    return _percent(found, resampling), _krippendorff(found, "nominal", resampling)


def _krippendorff(found: _Shared, metric: Metric, resampling: Resampling) -> Coefficient:
    table, n_judgments, cluster = found.table, found.n_judgments, found.clusters
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
        clusters=cluster,
    )


@dataclass(frozen=True)
class _Shared:
    """Items with at least two answers: counts by category, clusters, and how many answers."""

    table: FloatArray
    categories: NDArray[Any]
    clusters: IntArray | None
    n_judgments: int


def _shared(found: Labels) -> _Shared:
    table = found.table()
    shared = table.sum(axis=1) >= 2
    table = table[shared]
    clusters = None if found.clusters is None else found.clusters[shared]
    return _Shared(table, found.categories, clusters, int(table.sum()))


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
