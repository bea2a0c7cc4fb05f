"""One look at all answers given what is known of the labelers: the E step of `crowd_fitting`.

What comes out are sums by labeler, over where the differences may lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from annotation.stats.bootstrap import FloatArray, IntArray
from annotation.stats.coefficient import codes
from annotation.stats.crowd_comparisons import (
    GRID,
    Comparisons,
    Crowd,
    cells,
    gaussian,
    perceived,
    shares,
    single_pairs,
    votes_of,
)
from annotation.stats.rao_kupper import slopes

_NODES, _MASS = np.polynomial.hermite_e.hermegauss(9)
_MASS = _MASS / _MASS.sum()


@dataclass(frozen=True)
class Moves:
    """Sums by labeler (L,): the gradient, the observed and the complete information of the slope,
    the gradient and the information of the cut, answers that were guesses, and answers;
    ``differences`` (Q,): how many single pairs differ by each value of the grid."""

    slope: FloatArray
    observed: FloatArray
    complete: FloatArray
    cut: FloatArray
    cut_information: FloatArray
    guessed: FloatArray
    answers: FloatArray
    differences: FloatArray


class Expectation:
    """Answers laid out once, to be looked at again and again."""

    def __init__(self, found: Comparisons, labelers: int) -> None:
        self._found = found
        self._labelers = labelers
        single = found.alone[found.task]
        self._votes = votes_of(found, labelers) if single.any() else None
        rows = np.flatnonzero(single)
        _, self._unit = codes(found.unit[rows])
        self._cell = found.labeler[rows] * 3 + found.said[rows]
        self._rows = np.flatnonzero(~single)
        _, self._many = codes(found.unit[self._rows])
        self._strength: FloatArray | None = None

    def log_likelihood(self, crowd: Crowd) -> float:
        """That of the answers to single pairs."""
        if self._votes is None:
            return 0.0
        joint = single_pairs(self._found, crowd, self._votes)
        return float(logsumexp(joint, axis=1).sum())

    def moves(self, crowd: Crowd) -> Moves:
        """The sums that `crowd_fitting` climbs by."""
        total = np.zeros((7, self._labelers))
        differences = np.zeros(len(GRID))
        if self._votes is not None:
            mass = shares(single_pairs(self._found, crowd, self._votes))
            differences = mass.sum(axis=0)
            total += self._of_single(crowd, mass, self._votes.T @ mass)
        if len(self._rows):
            total += self._of_many(crowd)
        slope, observed, complete, cut, cut_information, guessed, answers = total
        return Moves(
            slope,
            np.maximum(observed, 0.0),
            complete,
            cut,
            cut_information,
            guessed,
            answers,
            differences,
        )

    def _of_single(self, crowd: Crowd, mass: FloatArray, gathered: FloatArray) -> FloatArray:
        who, said = cells(self._labelers)
        score, columns = _columns(crowd, who, said, GRID[None, :], gathered)
        mean = np.einsum("aq,aq->a", mass[self._unit], score[self._cell])
        columns[1] += np.bincount(self._cell, mean * mean, 3 * self._labelers)
        return _by_labeler(columns, who, self._labelers)

    def _of_many(self, crowd: Crowd) -> FloatArray:
        found, rows = self._found, self._rows
        steps = 30 if self._strength is None else 3
        mean, variance, self._strength = gaussian(found, crowd, self._strength, steps)
        nodes = (mean[:, None] + np.sqrt(variance)[:, None] * _NODES)[self._many]
        who, weight = found.labeler[rows], found.weight[rows]
        mass = weight[:, None] * _MASS
        score, columns = _columns(crowd, who, found.said[rows], nodes, mass)
        columns[1] += weight * (score @ _MASS) ** 2
        return _by_labeler(columns, who, self._labelers)


def _columns(
    crowd: Crowd, who: IntArray, said: IntArray, d: FloatArray, mass: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The score of the slope (n, q), and the seven sums over nodes (7, n) in the order of `Moves`.

    In the second, what is known of where an answer's difference lies is still missing.
    """
    x, _ = perceived(d, crowd, who)
    moved = slopes(said, x, crowd.cut[who], crowd.lapse[who], crowd.guess)
    steepness = crowd.slope[who][:, None]
    rise = x / np.where(steepness == 0, 1.0, steepness)
    score = moved.x * rise
    bent = -(moved.xx * rise * rise)
    # Among those who looked the score is score / looked; whether they did is not known.
    missing = score * score / np.maximum(moved.looked, 1e-9)
    parts = (score, bent - missing, bent, moved.c, -moved.cc, 1 - moved.looked)
    sums = [(mass * part).sum(axis=1) for part in parts]
    return score, np.stack([*sums, mass.sum(axis=1)])


def _by_labeler(columns: FloatArray, who: IntArray, labelers: int) -> FloatArray:
    return np.stack([np.bincount(who, column, labelers) for column in columns])
