"""Fitting the labelers of `crowd_comparisons`: slopes, cuts, lapses, and how pairs differ.

Weak-prior MAP by EM over all tasks: slopes b_l ~ N(m, t^2), cuts log c_l ~ N(log c, 1/4) and lapses
with a Beta prior, whose m, t, c and mean are fitted, too (empirical Bayes), so that a labeler with
few answers is held to be like the rest. The M step is one Newton step per labeler; the information
that counts is the observed one (Louis 1982, JRSS B 44, 226-233): where nobody answers what another
does, nothing is learned of anybody. The sums of the M step are `crowd_moves`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from annotation.stats.bootstrap import FloatArray, IntArray
from annotation.stats.crowd_comparisons import GRID, NORMAL, Comparisons, Crowd
from annotation.stats.crowd_moves import Expectation, Moves
from annotation.stats.rao_kupper import NO_CUT, TIE, logistic

ORDINARY, TRUSTED, KNOWN = 0, 1, 2
"""What a labeler is held to be beforehand: one of the crowd; somebody chosen for being right, whose
slope is expected two deviations above the crowd's; the truth itself, whose slope is not fitted."""

TYPICAL_SLOPE, SPREAD = 1.6, 0.8
LEAST_SPREAD = 0.15
KNOWN_SLOPE = 10.0
CUT_SPREAD = 0.5
LAPSE, LAPSE_SEEN = 0.05, 20.0
"""The share of guesses one expects of anybody, and how many answers that expectation weighs."""

SMOOTHING, BAR_SMOOTHING = 0.6, 0.05
"""How much of the prior over differences stays normal whatever the data say. Three answers tell
little of how differences are spread, and one that is learned too freely states too much; against a
bar it must be free to say how many are above it."""

_Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Fit:
    """A fitted crowd. ``typical`` and ``spread`` are m and t."""

    crowd: Crowd
    typical: float
    spread: float
    log_likelihood: float
    iterations: int
    converged: bool


@dataclass(frozen=True)
class _Usual:
    """What is expected of an ordinary labeler."""

    slope: float
    spread: float
    cut: float
    lapse: float


def fit_crowd(
    found: Comparisons,
    standing: IntArray,
    *,
    symmetric: bool = True,
    tolerance: float = 5e-3,
    max_iterations: int = 60,
) -> Fit:
    """The crowd that fits best; ``standing`` (L,) says what each labeler is held to be beforehand.

    ``symmetric``: which of two things is the first says nothing of which is better. It is False
    where a thing is held against a bar. Ends when no slope moves by more than ``tolerance``. The
    same arrays give the same numbers.
    """
    ordinary, known = standing == ORDINARY, standing == KNOWN
    expectation = Expectation(found, len(standing))
    crowd, usual = _beginning(found, standing)
    change, iteration = np.inf, 0
    while change > tolerance and iteration < max_iterations:
        moves = expectation.moves(crowd)
        expected = np.where(ordinary, usual.slope, usual.slope + 2 * usual.spread)
        precision = np.where(ordinary, 1.0, 4.0) / usual.spread**2
        gradient = moves.slope - (crowd.slope - expected) * precision
        steep = np.maximum(moves.observed, 0.3 * moves.complete) + precision
        step = np.where(known, 0.0, np.clip(gradient / steep, -0.5, 0.5))
        slope = crowd.slope + step
        lapse = (moves.guessed + usual.lapse * LAPSE_SEEN) / (moves.answers + LAPSE_SEEN)
        cut = _cuts(crowd, moves, usual.cut)
        crowd = replace(
            crowd,
            slope=slope,
            variance=np.where(known, 0.0, 1 / (moves.observed + precision)),
            cut=np.where(known, crowd.cut, cut),
            lapse=np.where(known, crowd.lapse, lapse),
            prior=_prior(moves.differences, symmetric),
        )
        crowd = replace(crowd, closeness=_closeness(crowd, known))
        if ordinary.any():
            usual = _usual(crowd, moves, ordinary, usual)
        change = float(np.abs(step).max(initial=0.0))
        iteration += 1
    likelihood = expectation.log_likelihood(crowd)
    return Fit(crowd, usual.slope, usual.spread, likelihood, iteration, change <= tolerance)


def reliability(slope: FloatArray, lapse: FloatArray, crowd: Crowd) -> FloatArray:
    """How often somebody with these slopes and lapses (m,) is right where two things differ and
    they take a side.

    0.5 is chance; below it are those who say the opposite. Over the differences that the project
    has, with the typical cut.
    """
    d = GRID[GRID > 0]
    both = crowd.prior + crowd.prior[::-1]
    mass = np.where(d > crowd.closeness, both[GRID > 0], 0.0)
    mass = mass / mass.sum() if mass.sum() > 0 else np.full(len(d), 1 / len(d))
    cut = float(np.median(crowd.cut)) if len(crowd.cut) else 0.0
    x = np.asarray(slope, dtype=np.float64)[:, None] * d
    looked = 1 - np.asarray(lapse, dtype=np.float64)[:, None]
    guessed = (1 - looked) * crowd.guess[0]
    right, wrong = looked * logistic(x - cut) + guessed, looked * logistic(-x - cut) + guessed
    share: FloatArray = (right / (right + wrong)) @ mass
    return share


def _beginning(found: Comparisons, standing: IntArray) -> tuple[Crowd, _Usual]:
    """Everybody as one expects; the cut from how often people say "tie"."""
    n = len(standing)
    known = standing == KNOWN
    ties = float((found.said == TIE).mean()) if len(found.said) else 0.0
    # A cut c makes tanh(c / 2) ties of things that do not differ, and fewer of those that do.
    usual_cut = 2 * float(np.arctanh(min(ties, 0.9))) if ties else 0.0
    slope = np.full(n, TYPICAL_SLOPE)
    slope[standing == TRUSTED] += 2 * SPREAD
    slope[known] = KNOWN_SLOPE
    crowd = Crowd(
        slope=slope,
        variance=np.where(known, 0.0, SPREAD**2),
        cut=np.full(n, max(usual_cut, NO_CUT)),
        lapse=np.where(known, 1e-3, LAPSE),
        guess=np.array([(1 - ties) / 2, (1 - ties) / 2, ties]),
        closeness=0.0,
        prior=NORMAL,
    )
    usual = _Usual(TYPICAL_SLOPE, SPREAD, usual_cut, LAPSE)
    return replace(crowd, closeness=_closeness(crowd, known)), usual


def _cuts(crowd: Crowd, moves: Moves, usual: float) -> FloatArray:
    """One Newton step of log c towards what a labeler says and what all do; 0 where nobody ties."""
    if usual <= NO_CUT:
        return np.full(len(crowd.cut), NO_CUT)
    gradient = crowd.cut * moves.cut - (np.log(crowd.cut) - np.log(usual)) / CUT_SPREAD**2
    steep = np.maximum(crowd.cut**2 * moves.cut_information, 0.0) + 1 / CUT_SPREAD**2
    found: FloatArray = np.exp(np.log(crowd.cut) + np.clip(gradient / steep, -0.5, 0.5))
    return found


def _usual(crowd: Crowd, moves: Moves, ordinary: _Flags, before: _Usual) -> _Usual:
    """What the ordinary labelers have in common, given the information in each."""
    mine, known = crowd.slope[ordinary], moves.observed[ordinary]
    # What a labeler's own answers say, freed of the pull of the prior, and how sure that is.
    own = mine + (mine - before.slope) / (before.spread**2 * np.maximum(known, 1e-6))
    weight = known / (1 + before.spread**2 * known)
    # Two labelers' worth of what one expects beforehand.
    first = 2 / SPREAD**2
    slope = float((weight @ own + first * TYPICAL_SLOPE) / (weight.sum() + first))
    squares = (mine - slope) ** 2 + 1 / (known + 1 / before.spread**2)
    spread = float(np.sqrt((squares.sum() + 4 * SPREAD**2) / (len(mine) + 4)))
    guesses = float(moves.guessed[ordinary].sum()) + LAPSE * LAPSE_SEEN
    return _Usual(
        slope=max(slope, 0.2),
        spread=max(spread, LEAST_SPREAD),
        cut=float(np.exp(np.log(crowd.cut[ordinary]).mean())),
        lapse=guesses / (float(moves.answers[ordinary].sum()) + LAPSE_SEEN),
    )


def _closeness(crowd: Crowd, known: _Flags) -> float:
    """The difference at which the labelers who can tell begin to say "tie", c / b."""
    telling = (crowd.slope > 0) & ~known
    if not telling.any():
        return 0.0
    sure = 1 / np.maximum(crowd.variance[telling], 1e-9)
    return float((sure @ crowd.cut[telling]) / (sure @ crowd.slope[telling]))


def _prior(differences: FloatArray, symmetric: bool) -> FloatArray:
    """How often pairs differ by how much (Laird 1978): what the posteriors add up to, smoothed."""
    total = differences + 5 * NORMAL
    if symmetric:
        total = total + total[::-1]
    smoothing = SMOOTHING if symmetric else BAR_SMOOTHING
    share: FloatArray = (1 - smoothing) * total / total.sum() + smoothing * NORMAL
    return share
