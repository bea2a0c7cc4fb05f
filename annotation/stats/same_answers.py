"""How often an answer is the same as the others' about the same thing.

One number of likeness per answer, pooled over any of them: all (the agreement of comparisons that
InstructGPT reports), one labeler's, those of one strength, those against a reference.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from annotation.stats.bootstrap import FloatArray, ratio
from annotation.stats.coefficient import (
    NO_INTERVAL,
    NO_OVERLAP,
    Coefficient,
    Resampling,
    codes,
    estimated,
)


def same_as_others(
    items: ArrayLike, values: ArrayLike, *, reference: ArrayLike | None = None
) -> tuple[FloatArray, FloatArray]:
    """Per answer (n,): how many others' answers to its item are the same, and how many there are.

    ``items`` (n,), ``values`` (n,) of any sortable kind. With ``reference`` (n,) true for some
    answers, all others are held against these alone, and a reference answer against none.
    """
    _, item = codes(items)
    categories, value = codes(values)
    width = len(categories)
    cell = item * width + value
    size = (int(item.max(initial=-1)) + 1) * width
    if reference is None:
        votes = np.bincount(cell, minlength=size)
        total = votes.reshape(-1, width).sum(axis=1) if width else votes
        return (votes[cell] - 1).astype(np.float64), (total[item] - 1).astype(np.float64)
    is_reference = np.asarray(reference, dtype=bool)
    votes = np.bincount(cell[is_reference], minlength=size)
    total = votes.reshape(-1, width).sum(axis=1) if width else votes
    against = ~is_reference
    return votes[cell] * against * 1.0, total[item] * against * 1.0


def pooled(
    clusters: ArrayLike,
    same: FloatArray,
    others: FloatArray,
    *,
    resampling: Resampling = NO_INTERVAL,
) -> Coefficient:
    """``sum same / sum others`` over answers (n,), with an interval that draws whole clusters.

    ``clusters`` (n,): the item of each answer. Undefined where no answer meets another.
    """
    meets = np.asarray(others) > 0
    _, cluster = codes(np.asarray(clusters)[meets])
    sums = [np.bincount(cluster, weights=a[meets]) for a in (same, others)]
    return estimated(
        "same answers",
        np.column_stack(sums),
        ratio,
        n_judgments=int(meets.sum()),
        undefined=NO_OVERLAP,
        resampling=resampling,
    )
