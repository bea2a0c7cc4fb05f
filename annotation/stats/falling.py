"""Evidence, answer by answer, that somebody's work has become bad: a CUSUM of likelihood ratios.

An answer is one of two; ties are left out beforehand. The truth of an item is known (gold) or has
the probability that the other labelers' answers give it, each worth what their reliability says.
Which labeler is paused, and what a person is told, is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from annotation.stats.bootstrap import FloatArray, IntArray, wilson_interval

UNKNOWN = -1
"""In place of a gold answer where there is none."""

_PRIOR = (2.0, 1.0)
"""Right and wrong answers that a labeler is taken to have given beforehand."""

_MOST_CERTAIN = 0.99
_CELLS = 120
_ENDLESS = 1e12
_SAMPLED = 20_000
_MANY_ANSWERS = 50


def reliabilities(
    unit: IntArray, labeler: IntArray, said: IntArray, gold: IntArray
) -> tuple[FloatArray, FloatArray]:
    """How often each labeler is right, and of each answer the odds that it is, by the others.

    ``unit``, ``labeler`` (n,) count from 0; ``said`` (n,) is 0 or 1; ``gold`` (n,) the right one or
    `UNKNOWN`. The one-coin model by EM: ``P(said = truth) = a_l`` with a Beta prior whose mean is
    2/3 (two right answers and one wrong one beforehand), both truths equally likely.
    Returns ``accuracy`` (labelers,) and ``right`` (n,): ``sigmoid(sum over the others of
    +-logit a_m)``, in which the answer itself has no part, and 1 or 0 where gold says so.
    """
    n_labelers, n_units = int(labeler.max()) + 1, int(unit.max()) + 1
    sign = 2.0 * said - 1.0
    known = gold != UNKNOWN
    by_gold = (said == gold).astype(np.float64)
    n = np.bincount(labeler, minlength=n_labelers)
    accuracy = np.full(n_labelers, _PRIOR[0] / sum(_PRIOR))
    for _ in range(100):
        own = sign * logit(np.clip(accuracy, 1 - _MOST_CERTAIN, _MOST_CERTAIN))[labeler]
        of_unit = np.bincount(unit, own, minlength=n_units)[unit]
        belief = np.where(known, by_gold, expit(sign * of_unit))
        right = np.bincount(labeler, belief, minlength=n_labelers)
        found = (right + _PRIOR[0]) / (n + sum(_PRIOR))
        moved = np.abs(found - accuracy).max()
        accuracy = found
        if moved < 1e-6:
            break
    own = sign * logit(np.clip(accuracy, 1 - _MOST_CERTAIN, _MOST_CERTAIN))[labeler]
    of_unit = np.bincount(unit, own, minlength=n_units)[unit]
    return accuracy, np.where(known, by_gold, expit(sign * (of_unit - own)))


@dataclass(frozen=True)
class Share:
    """A share with its 95% interval; ``n`` is how many certain answers it is worth."""

    value: float | None
    low: float | None
    high: float | None
    n: float


def share_right(right: ArrayLike, weight: ArrayLike | None = None) -> Share:
    """How often somebody is right, where of each answer only a probability ``right`` (n,) is known.

    ``1/2 + 1/2 sum w (2q - 1) / sum w (2q - 1)^2``: least squares of "as the others say" on
    how sure the others are, so that unsure others do not make somebody look bad. Wilson's interval
    for the ``sum w (2q - 1)^2`` certain answers that they are worth; nothing for less than one.
    """
    lean = 2 * np.asarray(right, dtype=np.float64) - 1
    weights = np.ones(len(lean)) if weight is None else np.asarray(weight, dtype=np.float64)
    worth = float((weights * lean**2).sum())
    if worth < 1:
        return Share(None, None, None, worth)
    value = min(1.0, max(0.0, 0.5 + 0.5 * float((weights * lean).sum()) / worth))
    return Share(value, *wilson_interval(value * worth, worth), worth)


def usual_level(accuracy: FloatArray, answers: IntArray) -> float:
    """The project's own usual accuracy: the median over labelers, each by their answers up to 50.

    A median, so that a third of the labelers being careless does not make carelessness usual.
    """
    order = np.argsort(accuracy, kind="stable")
    weight = np.minimum(answers, _MANY_ANSWERS)[order].cumsum()
    middle = int(np.searchsorted(weight, weight[-1] / 2))
    return float(np.clip(accuracy[order][middle], 0.5, 0.98))


def poor_level(good: float | FloatArray, share: float) -> float | FloatArray:
    """The accuracy that counts as bad: ``share`` of the way from chance (1/2) to ``good``."""
    return 0.5 + share * (good - 0.5)


def log_ratios(right: FloatArray, good: float | FloatArray, poor: float | FloatArray) -> FloatArray:
    """Evidence of each answer for ``poor`` against ``good``, in nats.

    ``log sum_t P(t | others) P(answer | t, poor) - log sum_t P(t | others) P(answer | t, good)``
    with ``P(answer | t, a) = a`` where the answer is t and ``1 - a`` else.
    """
    bad: FloatArray = right * poor + (1 - right) * (1 - poor)
    well: FloatArray = right * good + (1 - right) * (1 - good)
    return np.log(bad) - np.log(well)


def cusum(steps: ArrayLike) -> FloatArray:
    """Page's (1954) cumulative sum ``S_k = max(0, S_{k-1} + step_k)``, shape (n,)."""
    total = np.asarray(steps, dtype=np.float64).cumsum()
    return total - np.minimum(np.minimum.accumulate(total), 0.0)


def own_levels(
    right: FloatArray, weight: FloatArray, usual: float, *, after: float = 30.0, prior: float = 20.0
) -> FloatArray:
    """Before each answer, somebody's own accuracy so far; the project's usual one until known.

    The estimate of `share_right` from all earlier answers with ``prior`` answers at the usual level
    beforehand (a self-starting CUSUM: Hawkins 1987), nan until they are worth ``after``.
    """
    lean = 2 * right - 1
    gain = np.concatenate([[0.0], (0.5 * weight * lean).cumsum()[:-1]])
    worth = np.concatenate([[0.0], (weight * lean**2).cumsum()[:-1]])
    level = 0.5 + (gain + prior * (usual - 0.5)) / (worth + prior)
    return np.where(worth >= after, np.clip(level, 0.5, 0.98), np.nan)


def average_run_length(steps: FloatArray, threshold: float) -> float:
    """Mean number of steps until a CUSUM of independent steps drawn from ``steps`` reaches it.

    The Markov chain of Brook and Evans (1972): the sum's way from 0 to the threshold in cells,
    ``(I - R) m = 1`` for the mean remaining steps m by cell, R the chances to stay below.
    """
    width = threshold / (_CELLS - 0.5)
    rounded, counts = np.unique(np.round(steps / width).astype(np.int64), return_counts=True)
    chance = counts / counts.sum()
    reached = np.maximum(np.arange(_CELLS)[:, None] + rounded[None, :], 0)
    stays = reached < _CELLS
    cell = np.broadcast_to(np.arange(_CELLS)[:, None], reached.shape)
    moves = np.zeros((_CELLS, _CELLS))
    np.add.at(moves, (cell[stays], reached[stays]), np.broadcast_to(chance, reached.shape)[stays])
    try:
        mean = float(np.linalg.solve(np.eye(_CELLS) - moves, np.ones(_CELLS))[0])
    except np.linalg.LinAlgError:
        return float("inf")
    # Where the threshold is never reached the solution is rounding only.
    return mean if 0 < mean < _ENDLESS else float("inf")


def threshold_for(steps: FloatArray, *, wanted: float) -> float:
    """The lowest threshold that ``steps`` of somebody at the usual level reach once in ``wanted``.

    By halving between 2 nats and ``log wanted``, which always is enough (Lorden 1971).
    """
    low, high = 2.0, float(np.log(wanted))
    if len(steps) == 0 or average_run_length(steps, high) <= wanted:
        return high
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if average_run_length(steps, middle) >= wanted else (middle, high)
    return high


def usual_steps(
    right: FloatArray,
    weight: FloatArray,
    task: IntArray,
    good: float,
    poor: float,
    *,
    seed: int = 0,
) -> FloatArray:
    """Evidence per task that answers of somebody at the level ``good`` would make, one draw each.

    The items and the sureness of the others are the project's own (at most 20,000 answers).
    """
    rng = np.random.default_rng(seed)
    kept = slice(None)
    if len(right) > _SAMPLED:
        kept = slice(*(rng.integers(len(right) - _SAMPLED) + np.array([0, _SAMPLED])))
    sure = np.maximum(right[kept], 1 - right[kept])
    as_others = rng.random(len(sure)) < sure * good + (1 - sure) * (1 - good)
    steps = weight[kept] * log_ratios(np.where(as_others, sure, 1 - sure), good, poor)
    _, which = np.unique(task[kept], return_inverse=True)
    by_task: FloatArray = np.bincount(which, steps).astype(np.float64)
    return by_task
