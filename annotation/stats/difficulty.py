"""How good labelers are when the items they happened to get are not equally hard: a Rasch model.

A labeler who got the hard items agrees less with gold and with the others, and is no worse for it
(people agreed less on harder items: Bai et al. 2022, 2204.05862, appendix on crowd workers). Takes
answers in long format, right or wrong or in between; where the truth comes from is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, logit

from annotation.stats.bootstrap import FloatArray, IntArray
from annotation.stats.coefficient import codes

_Z = 1.959963984540054
_CELLS_AT_ONCE = 4_000_000
_LONGEST_STEP = 3.0
"""In log odds; a Newton step beyond it would jump past where the curvature still holds."""


@dataclass(frozen=True)
class Rasch:
    """A fitted model of L labelers and I items.

    ``labelers`` (L,), ``items`` (I,): the ids, sorted. ``ability`` (L,): log odds above an average
    labeler's. ``difficulty`` (I,): the log odds at which an average labeler fails the item.
    ``accuracy`` with ``low`` and ``high`` (L,): the share of all items that the labeler would get
    right, and its 95% interval. ``iterations`` of Newton's method were made.
    """

    labelers: NDArray[Any]
    items: NDArray[Any]
    ability: FloatArray
    difficulty: FloatArray
    accuracy: FloatArray
    low: FloatArray
    high: FloatArray
    iterations: int


def rasch(
    items: ArrayLike,
    labelers: ArrayLike,
    right: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    ability_sd: float = 1.0,
    difficulty_sd: float = 1.0,
    tolerance: float = 1e-8,
    max_iterations: int = 50,
) -> Rasch:
    """Abilities, difficulties and difficulty-corrected accuracies (Rasch 1960), most probable.

    ``items``, ``labelers``, ``right``, ``weights`` (n,); ``right`` lies in [0, 1].
    ``P(right) = sigmoid(ability_l - difficulty_i)``, ``ability ~ N(0, ability_sd^2)``,
    ``difficulty ~ N(-logit(mean right), difficulty_sd^2)``. The penalised likelihood is concave and
    maximised by Newton's method; items, which only meet labelers, are eliminated (a Schur
    complement), so a step solves one system of L unknowns. The corrected accuracy of a labeler is
    ``mean_i sigmoid(ability_l - difficulty_i)`` over all items; its interval is the delta method's
    on the log-odds scale, with the curvature at the maximum as the inverse covariance.

    Raises ValueError on columns of different lengths, no answers, or ``right`` outside [0, 1].
    """
    item_ids, item = codes(items)
    labeler_ids, labeler = codes(labelers)
    given = np.asarray(right, dtype=np.float64)
    weight = np.ones(len(given)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not len(item) == len(labeler) == len(given) == len(weight):
        raise ValueError("items, labelers, right and weights differ in length; give one of each.")
    if len(given) == 0:
        raise ValueError("There are no answers to learn from.")
    if not ((given >= 0) & (given <= 1)).all():
        raise ValueError("right holds a value outside 0 to 1; give shares.")
    model = _Model(item, labeler, given, weight, ability_sd, difficulty_sd)
    iterations = model.climb(tolerance, max_iterations)
    accuracy, error = model.corrected()
    inside = np.clip(accuracy, 1e-9, 1 - 1e-9)
    spread = _Z * error / (inside * (1 - inside))
    return Rasch(
        labelers=labeler_ids,
        items=item_ids,
        ability=model.ability,
        difficulty=model.difficulty,
        accuracy=accuracy,
        low=expit(logit(inside) - spread),
        high=expit(logit(inside) + spread),
        iterations=iterations,
    )


class _Model:
    """The parameters on their way up, and the curvature where they stand."""

    def __init__(
        self,
        item: IntArray,
        labeler: IntArray,
        right: FloatArray,
        weight: FloatArray,
        ability_sd: float,
        difficulty_sd: float,
    ) -> None:
        self.item, self.labeler, self.right, self.weight = item, labeler, right, weight
        self.n_items, self.n_labelers = int(item.max()) + 1, int(labeler.max()) + 1
        self.ability_precision = ability_sd**-2
        self.difficulty_precision = difficulty_sd**-2
        total = weight.sum()
        # Half an answer each way keeps a project without mistakes finite.
        self.middle = float(-logit(((right * weight).sum() + 0.5) / (total + 1)))
        self.ability = np.zeros(self.n_labelers)
        self.difficulty = np.full(self.n_items, self.middle)

    def climb(self, tolerance: float, most: int) -> int:
        """Newton steps until none is longer than `tolerance`; how many there were."""
        iterations = 0
        longest = np.inf
        while longest >= tolerance and iterations < most:
            iterations += 1
            gradient_l, gradient_i = self._curve()
            inner = gradient_l + self.between @ (gradient_i / self.item_curve)
            step_l = cho_solve(self.factor, inner)
            step_i = (gradient_i + self.between.T @ step_l) / self.item_curve
            longest = max(np.abs(step_l).max(), np.abs(step_i).max())
            short = min(1.0, _LONGEST_STEP / longest) if longest > 0 else 1.0
            self.ability += short * step_l
            self.difficulty += short * step_i
        self._curve()
        return iterations

    def _curve(self) -> tuple[FloatArray, FloatArray]:
        """The gradients; leaves the curvature: ``item_curve``, ``between`` and ``factor``.

        The negative Hessian is [[A, -B], [-B', D]] with A, D diagonal and B (L, I) sparse.
        """
        p = expit(self.ability[self.labeler] - self.difficulty[self.item])
        missed = self.weight * (self.right - p)
        curve = self.weight * p * (1 - p)
        by_labeler = np.bincount(self.labeler, missed, minlength=self.n_labelers)
        by_item = np.bincount(self.item, missed, minlength=self.n_items)
        own = np.bincount(self.labeler, curve, minlength=self.n_labelers) + self.ability_precision
        self.item_curve = (
            np.bincount(self.item, curve, minlength=self.n_items) + self.difficulty_precision
        )
        shape = (self.n_labelers, self.n_items)
        self.between = sparse.csr_array((curve, (self.labeler, self.item)), shape=shape)
        scaled = self.between.multiply(1.0 / self.item_curve).tocsr()
        inner = np.diag(own) - (scaled @ self.between.T).toarray()
        self.factor = cho_factor(inner, lower=True)
        pull = self.difficulty_precision * (self.difficulty - self.middle)
        return by_labeler - self.ability_precision * self.ability, -by_item - pull

    def corrected(self) -> tuple[FloatArray, FloatArray]:
        """Mean probability over all items and its standard error, by labeler."""
        accuracy, error = np.empty(self.n_labelers), np.empty(self.n_labelers)
        at_once = max(1, _CELLS_AT_ONCE // self.n_items)
        for start in range(0, self.n_labelers, at_once):
            who = np.arange(start, min(start + at_once, self.n_labelers))
            p = expit(self.ability[who, None] - self.difficulty[None, :])
            accuracy[who] = p.mean(axis=1)
            slope = p * (1 - p) / self.n_items
            # The gradient is (slope sum at the labeler, -slope at the items).
            inner = -(self.between @ (slope / self.item_curve).T)
            inner[who, np.arange(len(who))] += slope.sum(axis=1)
            variance = (inner * cho_solve(self.factor, inner)).sum(axis=0)
            variance += (slope**2 / self.item_curve).sum(axis=1)
            error[who] = np.sqrt(variance)
        return accuracy, error
