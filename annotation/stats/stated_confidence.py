"""Whether what is stated as certain holds as often as stated: reliability curves.

Truth is either known, or another labeler's answer, who is right only so often; that is taken into
account. Where probabilities come from is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotation.stats.bootstrap import FloatArray

BINS = 10
LEAST_IN_BIN = 20
"""A bin with fewer answers is shown, but says little; below it there is no point on the curve."""

LEAST_TELLING = 0.05


@dataclass(frozen=True)
class Bin:
    """Of ``n`` cases stated as right with a mean probability ``stated``, the share ``right`` was.

    ``low`` and ``high``: 95% interval of ``right``.
    """

    stated: float
    right: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Curve:
    """A reliability curve over ``n`` cases; ``error`` is the expected calibration error, the mean
    distance of stated from right over cases (Naeini et al. 2015), None without cases."""

    bins: list[Bin]
    error: float | None
    n: int


def curve(
    stated: FloatArray, said: FloatArray, accuracy: FloatArray | None = None, *, least: float = 0.5
) -> Curve:
    """The curve of probabilities ``stated`` (n,) in [least, 1] that something holds.

    ``said`` (n,) is 1 where it was found to hold, else 0. With ``accuracy`` (n,), somebody said so
    who is right that often: they then say it with probability x a + (1 - x)(1 - a), x being how
    often it holds, so that x is estimated over a bin by least squares of said - (1 - a) on 2a - 1.
    """
    a = np.ones(len(stated)) if accuracy is None else accuracy
    slope = 2 * a - 1
    keep = np.abs(slope) > LEAST_TELLING
    stated, said, a, slope = stated[keep], said[keep], a[keep], slope[keep]
    width = (1 - least) / BINS
    place = np.clip(((stated - least) / width).astype(np.int64), 0, BINS - 1)
    bins = []
    for number in range(BINS):
        inside = place == number
        if inside.sum() < LEAST_IN_BIN:
            continue
        s, rest = slope[inside], said[inside] - (1 - a[inside])
        power = float((s * s).sum())
        right = float((s * rest).sum()) / power
        error = float(np.sqrt((s * s * (rest - s * right) ** 2).sum())) / power
        bins.append(
            Bin(
                stated=float(stated[inside].mean()),
                right=min(max(right, 0.0), 1.0),
                low=min(max(right - 1.96 * error, 0.0), 1.0),
                high=min(max(right + 1.96 * error, 0.0), 1.0),
                n=int(inside.sum()),
            )
        )
    total = sum(each.n for each in bins)
    missed = sum(each.n * abs(each.stated - each.right) for each in bins)
    return Curve(bins, missed / total if total else None, total)
