"""What every agreement coefficient returns, and how it is estimated from per-item numbers.

A coefficient is a function of sums over items; the same function gives the value and, from
resampled sums, its interval. An undefined coefficient has no value and a reason, never nan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from annotation.stats.bootstrap import FloatArray, IntArray, Interval, bootstrap_interval

NO_OVERLAP = "No item has answers from two labelers, so there is nothing to compare."
ONE_CATEGORY = "All answers are the same, so agreement cannot be told from chance."


@dataclass(frozen=True)
class Coefficient:
    """One agreement figure.

    ``value`` is None where the coefficient is undefined, and then ``reason`` is one sentence that
    says why. ``low`` and ``high`` are the interval, None where none was asked for. ``n_items`` and
    ``n_judgments`` count what entered: items with at least two answers, and their answers.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    n_items: int
    n_judgments: int
    reason: str | None = None


@dataclass(frozen=True)
class Resampling:
    """How to bootstrap: 0 replicates ask for no interval."""

    replicates: int = 0
    seed: int = 0
    confidence: float = 0.95


NO_INTERVAL = Resampling()


@dataclass(frozen=True)
class Labels:
    """Answers in long format with ids replaced by 0..n-1: ``item``, ``labeler``, ``value`` (n,)."""

    item: IntArray
    labeler: IntArray
    value: IntArray
    categories: NDArray[Any]
    n_items: int
    clusters: IntArray | None = None
    """Of each item what it stands or falls with (items,), for the bootstrap; None: by itself."""

    def table(self) -> FloatArray:
        """How often each item got each category, shape (items, categories)."""
        width = len(self.categories)
        if self.n_items * width > 100_000_000:
            raise ValueError(
                f"{width} distinct values over {self.n_items} items are too many to tabulate; "
                "round the values."
            )
        cells = np.bincount(self.item * width + self.value, minlength=self.n_items * width)
        return cells.reshape(self.n_items, width).astype(np.float64)


def labels(
    items: ArrayLike, labelers: ArrayLike, values: ArrayLike, clusters: ArrayLike | None = None
) -> Labels:
    """Answers of shape (n,) each, ids and values of any sortable kind.

    ``clusters`` (n,) says which items are drawn together (the pairs of one ranking).

    Raises ValueError if the lengths differ or one labeler answers one item twice.
    """
    item_ids, item = codes(items)
    labeler_ids, labeler = codes(labelers)
    categories, value = codes(values)
    if not len(item) == len(labeler) == len(value):
        raise ValueError(
            f"{len(item)} items, {len(labeler)} labelers and {len(value)} values; give one of each "
            "per answer."
        )
    _check_once(item, labeler, len(labeler_ids))
    of_items = None
    if clusters is not None:
        of_items = np.zeros(len(item_ids), dtype=np.int64)
        of_items[item] = codes(clusters)[1]
    return Labels(item, labeler, value, categories, len(item_ids), of_items)


def codes(ids: ArrayLike) -> tuple[NDArray[Any], IntArray]:
    """The sorted distinct ids and, for each entry, the index of its id.

    Whole numbers in a dense range are counted instead of sorted, which is ten times as fast.
    """
    array = np.asarray(ids)
    if array.ndim != 1:
        raise ValueError(f"ids have shape {array.shape}; give one dimension")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise ValueError("An id or value is nan; leave missing answers out.")
    if array.dtype.kind in "iu" and len(array):
        least = int(array.min())
        span = int(array.max()) - least + 1
        if span <= 4 * len(array) + 1024:
            shifted = array.astype(np.int64) - least
            present = np.zeros(span, dtype=bool)
            present[shifted] = True
            place = np.cumsum(present) - 1
            return np.flatnonzero(present) + least, place[shifted]
    unique, inverse = np.unique(array, return_inverse=True)
    return unique, inverse.astype(np.int64)


def _check_once(item: IntArray, labeler: IntArray, n_labelers: int) -> None:
    # In the usual order, item by item, neighbours suffice; else one sort of a combined key.
    key = item * n_labelers + labeler
    step = np.diff(key)
    if (step > 0).all():
        return
    key.sort()
    if (np.diff(key) == 0).any():
        raise ValueError("A labeler answers the same item twice; keep one answer of each.")


def estimated(
    name: str,
    per_item: FloatArray,
    statistic: Callable[[FloatArray], FloatArray],
    *,
    n_judgments: int,
    undefined: str,
    resampling: Resampling,
    n_items: int | None = None,
    clusters: IntArray | None = None,
) -> Coefficient:
    """A coefficient from per-item numbers (items, k) and a function of their sums (rows, k).

    Where the function gives nan, the value is None and ``undefined`` the reason. The bootstrap
    draws items, or whole ``clusters`` (items,) of them.
    """
    n_items = len(per_item) if n_items is None else n_items
    if n_items == 0:
        return Coefficient(name, None, None, None, 0, 0, NO_OVERLAP)
    value = float(statistic(per_item.sum(axis=0, keepdims=True))[0])
    if not np.isfinite(value):
        return Coefficient(name, None, None, None, n_items, n_judgments, undefined)
    interval: Interval = (None, None)
    if resampling.replicates:
        drawn = per_item if clusters is None else _by_cluster(per_item, clusters)
        interval = bootstrap_interval(
            drawn,
            statistic,
            replicates=resampling.replicates,
            seed=resampling.seed,
            confidence=resampling.confidence,
        )
    return Coefficient(name, value, *interval, n_items, n_judgments)


def _by_cluster(per_item: FloatArray, clusters: IntArray) -> FloatArray:
    _, cluster = codes(clusters)
    return np.column_stack([np.bincount(cluster, weights=column) for column in per_item.T])
