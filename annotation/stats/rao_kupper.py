"""One comparison with a tie as a third outcome, and how it moves with the difference in strength.

Rao and Kupper (1967, JASA 62, 194-204): somebody perceives x plus logistic noise and says "tie"
while that stays below a cut c, so that

    P(first) = s(x - c),  P(second) = s(-x - c),  P(tie) = (e^2c - 1) s(x - c) s(-x - c)

with s the logistic function. A tie is thus evidence that x is near 0, and not half a win for each:
half wins (`bradley_terry`) leave no room for a tie as the true state of things, which consensus
needs. With probability ``lapse`` somebody does not look and guesses; then the answer says nothing
of x. ``said`` is 0 for first, 1 for second, 2 for tie.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from annotation.stats.bootstrap import FloatArray, IntArray

FIRST, SECOND, TIE = 0, 1, 2
NO_CUT = 1e-9
"""Stands for a cut of 0, with which nobody says "tie"."""

_NEVER = 1e-300


@dataclass(frozen=True)
class Slopes:
    """Derivatives of log P: by x, twice by x, by c, twice by c; all (n, q).

    ``looked`` is the probability that the answer was no guess; ``xx`` and ``cc`` hold that fixed.
    """

    x: FloatArray
    xx: FloatArray
    c: FloatArray
    cc: FloatArray
    looked: FloatArray


def log_probability(
    said: IntArray, x: FloatArray, cut: FloatArray, lapse: FloatArray, guess: FloatArray
) -> FloatArray:
    """log P(said) for ``said``, ``cut``, ``lapse`` (n,), ``x`` (n, q), ``guess`` (3,): how often
    each is said by those who guess. The result is (n, q).
    """
    looked = np.log1p(-lapse)[:, None] + _seen(said, x, cut)
    found: FloatArray = np.logaddexp(looked, np.log(lapse * guess[said] + _NEVER)[:, None])
    return found


def slopes(
    said: IntArray, x: FloatArray, cut: FloatArray, lapse: FloatArray, guess: FloatArray
) -> Slopes:
    """How `log_probability` of the same arguments moves."""
    c = cut[:, None]
    sign = np.where(said == SECOND, -1.0, 1.0)[:, None]
    lost = logistic(c - sign * x)
    by_x, by_c = sign * lost, -lost
    by_xx = -lost * (1 - lost)
    by_cc = by_xx.copy()
    ties = said == TIE
    if ties.any():
        other = logistic(c[ties] + x[ties])
        bent = other * (1 - other)
        by_x[ties] -= other
        by_xx[ties] -= bent
        inverse = 1 / np.expm1(2 * np.maximum(c[ties], NO_CUT))
        by_c[ties] += 2 * (1 + inverse) - other
        by_cc[ties] -= bent + 4 * inverse * (1 + inverse)
    odds = np.log1p(-lapse)[:, None] + _seen(said, x, cut)
    looked = logistic(odds - np.log(lapse * guess[said] + _NEVER)[:, None])
    return Slopes(looked * by_x, looked * by_xx, looked * by_c, looked * by_cc, looked)


def _seen(said: IntArray, x: FloatArray, cut: FloatArray) -> FloatArray:
    """log P(said) of somebody who looked."""
    c = cut[:, None]
    sign = np.where(said == SECOND, -1.0, 1.0)[:, None]
    found: FloatArray = -np.logaddexp(0.0, c - sign * x)
    ties = said == TIE
    if ties.any():
        room = np.log(np.expm1(2 * np.maximum(c[ties], NO_CUT)))
        found[ties] += room - np.logaddexp(0.0, c[ties] + x[ties])
    return found


def logistic(x: FloatArray) -> FloatArray:
    """1 / (1 + e^-x), without overflow."""
    found: FloatArray = 0.5 * (1 + np.tanh(0.5 * x))
    return found
