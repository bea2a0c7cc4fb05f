"""Every two labelers who share items: how often they said what, and Cohen's kappa of each pair.

The tables of all pairs come from sparse products of who said what of which item, so that a million
answers of some hundred labelers take about a second. Agreement of all together is `agreement`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, triu
from scipy.special import stdtrit

from annotation.stats.bootstrap import FloatArray, IntArray
from annotation.stats.coefficient import NO_OVERLAP, ONE_CATEGORY, Coefficient, Labels, labels

GROUPS = 30
"""Into how many groups items are dealt for the interval of the mean kappa."""


@dataclass(frozen=True)
class LabelerPairs:
    """P pairs of labelers with a shared item; ``first`` < ``second`` (P,) index the sorted ids.

    ``tables`` (P, k, k): how often the first said row and the second column.
    """

    first: IntArray
    second: IntArray
    tables: FloatArray

    @property
    def shared(self) -> FloatArray:
        """How many items each pair shares (P,)."""
        total: FloatArray = self.tables.sum(axis=(1, 2))
        return total

    @property
    def agreement(self) -> FloatArray:
        """The share of them of which both said the same (P,)."""
        same: FloatArray = np.trace(self.tables, axis1=1, axis2=2) / self.shared
        return same

    @property
    def kappa(self) -> FloatArray:
        """Cohen's kappa of each pair (P,), nan where both always said one and the same thing."""
        return kappas(self.tables)


def kappas(tables: FloatArray) -> FloatArray:
    """Cohen's kappa (1960) of tables (..., k, k), nan where chance agreement is total."""
    n = tables.sum(axis=(-2, -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = np.trace(tables, axis1=-2, axis2=-1) / n
        chance = (tables.sum(axis=-1) * tables.sum(axis=-2)).sum(axis=-1) / n**2
        found: FloatArray = np.where(chance < 1 - 1e-12, (observed - chance) / (1 - chance), np.nan)
    return found


def pairs_of(items: ArrayLike, labelers: ArrayLike, values: ArrayLike) -> LabelerPairs:
    """All pairs of labelers who share an item, from answers (n,) in long format.

    Raises ValueError if one labeler answers one item twice.
    """
    found = labels(items, labelers, values)
    size = int(found.labeler.max(initial=-1)) + 1
    first, second = _who_meet(found, size)
    return LabelerPairs(first, second, _tables(found, size, first, second))


def mean_cohen_kappa(items: ArrayLike, labelers: ArrayLike, values: ArrayLike) -> Coefficient:
    """Mean Cohen's kappa over pairs of labelers (Light 1971), weighted by the items they share.

    Pairs without a kappa are left out, which pulls the mean down where pairs share only a few
    items: trust it from some tens of shared items a pair. The 95% interval is ``value -+ t s`` with
    the delete-a-group jackknife over 30 random groups of items (or single items, where there are
    fewer): a bootstrap would need the tables of all pairs a thousand times.
    """
    name = "Cohen's kappa (mean of pairs)"
    found = labels(items, labelers, values)
    size = int(found.labeler.max(initial=-1)) + 1
    first, second = _who_meet(found, size)
    n_items = int((np.bincount(found.item) >= 2).sum()) if len(found.item) else 0
    if not len(first):
        return Coefficient(name, None, None, None, 0, 0, NO_OVERLAP)
    group = np.random.default_rng(0).permutation(found.n_items) % min(GROUPS, found.n_items)
    parts = [
        _tables(_some(found, group[found.item] == g), size, first, second)
        for g in range(int(group.max()) + 1)
    ]
    whole = np.sum(parts, axis=0)
    value = _mean(whole)
    n_judgments = int((np.bincount(found.item)[found.item] >= 2).sum())
    if value is None:
        return Coefficient(name, None, None, None, n_items, n_judgments, ONE_CATEGORY)
    without = [left for part in parts if (left := _mean(whole - part)) is not None]
    low = high = None
    if len(without) > 2:
        g = len(without)
        spread = float(np.sqrt((g - 1) / g * np.sum((np.array(without) - np.mean(without)) ** 2)))
        half = float(stdtrit(g - 1, 0.975)) * spread
        low, high = max(-1.0, value - half), min(1.0, value + half)
    return Coefficient(name, value, low, high, n_items, n_judgments)


def _mean(tables: FloatArray) -> float | None:
    kappa, weight = kappas(tables), tables.sum(axis=(1, 2))
    known = np.isfinite(kappa)
    return float(np.average(kappa[known], weights=weight[known])) if known.any() else None


def _some(found: Labels, rows: NDArray[np.bool]) -> Labels:
    return Labels(
        found.item[rows], found.labeler[rows], found.value[rows], found.categories, found.n_items
    )


def _who_meet(found: Labels, size: int) -> tuple[IntArray, IntArray]:
    ones = np.ones(len(found.item), dtype=np.int32)
    who = csr_array((ones, (found.item, found.labeler)), (found.n_items, size))
    met = triu(who.T @ who, k=1).tocoo()
    order = np.lexsort((met.coords[1], met.coords[0]))
    return met.coords[0][order].astype(np.int64), met.coords[1][order].astype(np.int64)


def _tables(found: Labels, size: int, first: IntArray, second: IntArray) -> FloatArray:
    k = len(found.categories)
    said = []
    for value in range(k):
        rows = found.value == value
        ones = np.ones(int(rows.sum()), dtype=np.int32)
        said.append(
            csr_array((ones, (found.item[rows], found.labeler[rows])), (found.n_items, size))
        )
    tables = np.zeros((len(first), k, k))
    for row in range(k):
        for column in range(k):
            met = (said[row].T @ said[column]).tocsr()
            tables[:, row, column] = np.asarray(met[first, second]).ravel()
    return tables
