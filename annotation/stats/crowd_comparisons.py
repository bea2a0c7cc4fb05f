"""Consensus of comparisons by labelers of different precision: who is better, and how surely.

Things of a task have strengths s ~ N(0, 1). Labeler l perceives the difference d = s_i - s_j times
a slope b_l, plus logistic noise, and says "tie" inside a cut c_l of their own (`rao_kupper`): the
Bradley-Terry model with a precision per labeler (Chen et al. 2013, WSDM, 193-202). A negative slope
is somebody who says the opposite; with probability e_l labeler l does not look and guesses. Noise
of this kind makes every two places of a Plackett-Luce ranking with scale b_l a comparison of just
this form, so a ranking is taken through its pairs (composite likelihood: Varin, Reid and Firth
2011). Labelers are shared by all tasks; given them, tasks are independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.special import ndtr

from annotation.stats.bootstrap import FloatArray, IntArray
from annotation.stats.coefficient import codes
from annotation.stats.rao_kupper import TIE, log_probability
from annotation.stats.task_strengths import Answers, strengths_of

STEP = 0.25
GRID: FloatArray = np.arange(-20, 21).astype(np.float64) * STEP
"""Differences at which the posterior of a single pair is held: 3.5 deviations to either side."""

NORMAL: FloatArray = np.exp(-(GRID**2) / 4) / np.exp(-(GRID**2) / 4).sum()
"""N(0, 2) on the grid: the difference of two strengths before anything is said."""


@dataclass(frozen=True)
class Comparisons:
    """n comparisons: ``task`` numbers tasks 0..T-1, ``first`` < ``second`` are places of things in
    their task, ``labeler`` indexes into the labelers, ``said`` is 0 (first), 1 (second), 2 (tie).

    ``unit`` numbers the compared pairs of things 0..U-1 in order of task and places; ``unit_task``,
    ``unit_first``, ``unit_second`` (U,) say which they are. ``weight`` (n,) spreads one answer's
    evidence over its comparisons. ``alone`` (T,): the task has one compared pair.
    """

    task: IntArray
    first: IntArray
    second: IntArray
    labeler: IntArray
    said: IntArray
    weight: FloatArray
    unit: IntArray
    unit_task: IntArray
    unit_first: IntArray
    unit_second: IntArray
    alone: np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Crowd:
    """What is known of L labelers: ``slope``, ``variance`` of the slope, ``cut``, ``lapse``, (L,).

    ``guess`` (3,): what those say who guess. ``closeness``: things that differ by less than this
    are tied in truth. ``prior`` (Q,): how often a single pair differs by each value of `GRID`.
    """

    slope: FloatArray
    variance: FloatArray
    cut: FloatArray
    lapse: FloatArray
    guess: FloatArray
    closeness: float
    prior: FloatArray


def comparisons(
    task: ArrayLike, first: ArrayLike, second: ArrayLike, labeler: ArrayLike, said: ArrayLike
) -> Comparisons:
    """Comparisons (n,) each, in any order of rows; tasks, and labelers, are numbered from 0.

    Raises ValueError where the lengths differ or a pair is not in order.
    """
    columns = [np.asarray(c, dtype=np.int64) for c in (task, first, second, labeler, said)]
    t, i, j, who, what = columns
    if len({len(column) for column in columns}) > 1:
        raise ValueError("task, first, second, labeler and said differ in length; give one each.")
    if (i >= j).any() or (i < 0).any():
        raise ValueError("first must be the lower place of each two; swap them.")
    width = int(j.max()) + 1 if len(j) else 2
    keys, unit = np.unique((t * width + i) * width + j, return_inverse=True)
    unit_task = keys // (width * width)
    tasks = int(t.max()) + 1 if len(t) else 0
    return Comparisons(
        task=t,
        first=i,
        second=j,
        labeler=who,
        said=what,
        weight=_weights(t, i, j, who, what, width),
        unit=unit,
        unit_task=unit_task,
        unit_first=keys // width % width,
        unit_second=keys % width,
        alone=np.bincount(unit_task, minlength=tasks) == 1,
    )


def _weights(
    task: IntArray, i: IntArray, j: IntArray, who: IntArray, said: IntArray, width: int
) -> FloatArray:
    """What one comparison of an answer counts, 1 for a pair.

    At equal strengths a full ranking of v things holds as much information as a share
    4 (v - H_v) / (v (v - 1)) of its comparisons (H_v the harmonic number), the best of v as 2 / v
    of its own; at other strengths it holds more. The fourth root of that, and half of it for a
    tie, which counts as a win and a loss, make the stated confidence right on planted rankings of
    3 to 6 things (bench/consensus).
    """
    n_labelers = int(who.max()) + 1 if len(who) else 1
    _, answer = codes(task * n_labelers + who)
    made = np.bincount(answer)[answer] if len(answer) else answer
    seen = np.unique(np.concatenate([answer * width + i, answer * width + j]))
    things = np.bincount(seen // width)[answer] if len(answer) else answer
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, width + 1))])
    full = 4 * (things - harmonic[things]) / np.maximum(things * (things - 1), 1)
    held = np.where(made == things * (things - 1) // 2, full, 2 / np.maximum(things, 1))
    weight: FloatArray = held**0.25 * np.where((said == TIE) & (things > 2), 0.5, 1.0)
    return weight


def perceived(d: FloatArray, crowd: Crowd, labeler: IntArray) -> tuple[FloatArray, FloatArray]:
    """How labelers (m,) perceive differences (m or 1, q), and its derivative by d.

    A slope that is known only roughly tells less: the likelihood is averaged over its variance
    (MacKay 1992), ``x = b d / sqrt(1 + pi v d^2 / 8)``.
    """
    slope, variance = crowd.slope[labeler][:, None], crowd.variance[labeler][:, None]
    room = 1 + np.pi / 8 * variance * d * d
    root = np.sqrt(room)
    return slope * d / root, slope / (root * room)


def single_pairs(found: Comparisons, crowd: Crowd, votes: csr_array) -> FloatArray:
    """log P(difference, answers), (u, Q), of the u pairs that are alone in their task; exact.

    ``votes`` are those of `votes_of`: what somebody says of a difference depends on who and what
    alone, so it is computed for L times three answers, and not for every one.
    """
    who, said = cells(len(crowd.slope))
    x, _ = perceived(GRID[None, :], crowd, who)
    table = log_probability(said, x, crowd.cut[who], crowd.lapse[who], crowd.guess)
    joint: FloatArray = np.log(crowd.prior) + votes @ table
    return joint


def votes_of(found: Comparisons, labelers: int) -> csr_array:
    """How often each pair alone in its task (u, 3 L) was given each answer by each labeler."""
    rows = np.flatnonzero(found.alone[found.task])
    units, unit = codes(found.unit[rows])
    cell = found.labeler[rows] * 3 + found.said[rows]
    return csr_array((np.ones(len(rows)), (unit, cell)), shape=(len(units), 3 * labelers))


def cells(labelers: int) -> tuple[IntArray, IntArray]:
    """Who and what of every column of `votes_of`."""
    who, said = np.divmod(np.arange(3 * labelers), 3)
    return who, said


def posterior(found: Comparisons, crowd: Crowd) -> FloatArray:
    """P(first is better), P(second is), P(tie) of every compared pair, (U, 3)."""
    result = np.zeros((len(found.unit_task), 3))
    eta = crowd.closeness
    single = found.alone[found.unit_task]
    if single.any():
        joint = single_pairs(found, crowd, votes_of(found, len(crowd.slope)))
        mass = shares(joint)
        # The mass of a node is spread over its cell, so that the border may cut through it.
        above = np.clip((GRID + STEP / 2 - eta) / STEP, 0, 1)
        result[single, 0] = (mass * above).sum(axis=1)
        result[single, 1] = (mass * above[::-1]).sum(axis=1)
    if not single.all():
        mean, variance, _ = gaussian(found, crowd)
        spread = np.sqrt(variance)
        result[~single, 0] = ndtr((mean - eta) / spread)
        result[~single, 1] = ndtr((-mean - eta) / spread)
    result[:, 2] = np.maximum(1 - result[:, 0] - result[:, 1], 0.0)
    return result


def shares(joint: FloatArray) -> FloatArray:
    """exp of rows (u, q), each made to sum to 1."""
    mass = np.exp(joint - joint.max(axis=1, keepdims=True))
    found: FloatArray = mass / mass.sum(axis=1, keepdims=True)
    return found


def gaussian(
    found: Comparisons, crowd: Crowd, start: FloatArray | None = None, steps: int = 30
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean and variance (u,) of the difference of every pair in tasks with several, and the
    strengths (T', K) they come from, to be given as ``start`` of the next call."""
    rows = np.flatnonzero(~found.alone[found.task])
    units = np.flatnonzero(~found.alone[found.unit_task])
    tasks, task = codes(found.task[rows])
    who = found.labeler[rows]
    mean, covariance = strengths_of(
        Answers(
            task,
            found.first[rows],
            found.second[rows],
            found.said[rows],
            found.weight[rows],
            crowd.cut[who],
            crowd.lapse[who],
            crowd.guess,
        ),
        lambda d: perceived(d, crowd, who),
        start=start,
        steps=steps,
    )
    at = np.searchsorted(tasks, found.unit_task[units])
    i, j = found.unit_first[units], found.unit_second[units]
    variance = covariance[at, i, i] + covariance[at, j, j] - 2 * covariance[at, i, j]
    return mean[at, i] - mean[at, j], np.maximum(variance, 1e-12), mean
