"""Krippendorff's alpha with its interval over a million judgments, beside the package krippendorff.

Planted labels: 250,000 items, four of 200 labelers each, five ordered values, right in seven of
ten answers. The peer is given the counts by item ready-made and computes no interval.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable

import krippendorff
import numpy as np

from annotation.stats.agreement import Resampling, krippendorff_alpha
from bench.contract import progress, report

ITEMS, PER_ITEM, LABELERS, VALUES = 250_000, 4, 200, 5
ROUNDS = 5


def main() -> None:
    """Measure and report."""
    item, labeler, value = planted()
    ours, theirs = [], []
    for number in range(ROUNDS):
        progress(f"round {number + 1} of {ROUNDS}")
        counts = np.bincount(item * VALUES + value, minlength=ITEMS * VALUES).reshape(ITEMS, -1)
        resampling = Resampling(replicates=1000, seed=number)
        ours.append(seconds(lambda r=resampling: ordinal(item, labeler, value, r)))
        theirs.append(
            seconds(
                lambda c=counts: krippendorff.alpha(value_counts=c, level_of_measurement="ordinal")
            )
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    apart = abs(
        ordinal(item, labeler, value, Resampling()).value
        - krippendorff.alpha(value_counts=counts, level_of_measurement="ordinal")
    )
    report(
        "alpha_1m_seconds",
        ours=statistics.median(ours),
        unit="s",
        goal="< 5",
        peer=statistics.median(theirs),
        peer_name="krippendorff, from counts and without an interval",
        higher_is_better=False,
        detail=f"ordinal, 1,000 replicates, median of {ROUNDS}; values differ by {apart:.1e}",
    )
    report("alpha_1m_peak_mb", ours=peak, unit="MB", goal="< 1000", higher_is_better=False)


def planted() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Item, labeler and value of every answer, item by item."""
    rng = np.random.default_rng(0)
    item = np.repeat(np.arange(ITEMS), PER_ITEM)
    first = rng.integers(LABELERS, size=ITEMS)
    labeler = (np.repeat(first, PER_ITEM) + np.tile(np.arange(PER_ITEM), ITEMS)) % LABELERS
    truth = rng.integers(VALUES, size=ITEMS)
    right = rng.random(len(item)) < 0.7
    value = np.where(right, truth[item], rng.integers(VALUES, size=len(item)))
    return item, labeler, value


def ordinal(item, labeler, value, resampling: Resampling):
    """Our alpha of the planted answers."""
    return krippendorff_alpha(item, labeler, value, metric="ordinal", resampling=resampling)


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
