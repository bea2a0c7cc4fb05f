"""Bradley-Terry strengths from paired comparisons, by maximum likelihood.

Ties count as half a win for each. Items are integers of any size; strengths are on the log scale
with mean 0, so that P(i beats j) = sigmoid(strength_i - strength_j). Rankings of more than two are
in `rankings`, which fits the same kind of `Strengths`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from annotation.stats.bootstrap import FloatArray, IntArray
from annotation.stats.coefficient import codes


@dataclass(frozen=True)
class Strengths:
    """Fitted strengths of k items.

    ``ids`` (k,) sorted; ``strength`` (k,) log strengths of mean 0; ``covariance`` (k, k) the
    inverse information on the space of mean 0; ``log_likelihood`` without the prior; ``iterations``
    made; ``converged`` False where they ran out.
    """

    ids: IntArray
    strength: FloatArray
    covariance: FloatArray
    log_likelihood: float
    iterations: int
    converged: bool

    @property
    def standard_error(self) -> FloatArray:
        """Standard errors (k,) of the strengths as distances from the mean."""
        found: FloatArray = np.sqrt(np.diag(self.covariance))
        return found

    def difference(self, first: int, second: int) -> tuple[float, float]:
        """Strength of ``first`` minus that of ``second``, and its standard error."""
        a, b = self._place(first), self._place(second)
        variance = self.covariance[a, a] + self.covariance[b, b] - 2 * self.covariance[a, b]
        return float(self.strength[a] - self.strength[b]), math.sqrt(max(float(variance), 0.0))

    def probability(self, first: int, second: int) -> float:
        """P(first beats second)."""
        apart = self.strength[self._place(first)] - self.strength[self._place(second)]
        return float(1 / (1 + np.exp(-apart)))

    def _place(self, item: int) -> int:
        place = int(np.searchsorted(self.ids, item))
        if place == len(self.ids) or self.ids[place] != item:
            raise KeyError(f"Item {item} was never compared.")
        return place


def bradley_terry(
    first: ArrayLike,
    second: ArrayLike,
    outcome: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    prior: float = 0.0,
    tolerance: float = 1e-10,
    max_iterations: int = 100_000,
) -> Strengths:
    """Maximum-likelihood strengths by Hunter's MM (2004, Annals of Statistics 32, 384-406).

    ``first``, ``second`` (n,) integer ids; ``outcome`` (n,) is 1 where first won, 0 where second
    did, 0.5 for a tie; ``weights`` (n,) count repeated comparisons. One step is
    ``p_i <- W_i / sum_j n_ij / (p_i + p_j)``; it ends when no log strength moves by more than
    ``tolerance``. ``prior`` adds that many virtual ties between every two items: with 1, strengths
    are finite whatever the data. Raises ValueError where there is no finite maximum (some items
    never lose to the others, or are never compared with them) and prior is 0.
    """
    ids, wins = _wins(first, second, outcome, weights)
    k = len(ids)
    total = wins + prior / 2 * (1 - np.eye(k))
    check_connected(total, ids)
    met = total + total.T
    won = total.sum(axis=1)
    log_p = np.zeros(k)
    change, iteration = math.inf, 0
    while change > tolerance and iteration < max_iterations:
        p = np.exp(log_p)
        moved = np.log(won / (met / np.add.outer(p, p)).sum(axis=1)) if k > 1 else log_p
        moved -= moved.mean()
        change = float(np.abs(moved - log_p).max())
        log_p = moved
        iteration += 1
    apart = np.subtract.outer(log_p, log_p)
    # n_ij P(i beats j) P(j beats i), the information of one pair
    information = met / (2 + np.exp(apart) + np.exp(-apart))
    return Strengths(
        ids=ids,
        strength=log_p,
        covariance=inverse_information(np.diag(information.sum(axis=1)) - information),
        log_likelihood=float(-(wins * np.logaddexp(0.0, -apart)).sum()),
        iterations=iteration,
        converged=change <= tolerance,
    )


def check_connected(beats: FloatArray, ids: IntArray) -> None:
    """Raise ValueError unless everybody beats everybody through a chain (Ford 1957).

    ``beats`` (k, k) is positive where row beat column. Just then the maximum is finite and unique.
    """
    if len(ids) == 0:
        raise ValueError("There are no comparisons to fit.")
    groups, group = connected_components(csr_array(beats > 0), connection="strong")
    if groups == 1:
        return
    for candidate in range(groups):
        inside = group == candidate
        if not (beats[~inside][:, inside] > 0).any():
            break
    shown = ", ".join(str(item) for item in ids[inside][:5])
    raise ValueError(
        f"Strengths are not finite: items {shown} never lose to the others or are never compared "
        "with them; give prior=1."
    )


def inverse_information(information: FloatArray) -> FloatArray:
    """Inverse on the space of mean 0 of an information matrix (k, k) whose rows sum to 0."""
    k = len(information)
    mean = np.full((k, k), 1.0 / k)
    # Adding the projection on constants makes the matrix regular and leaves the rest alone.
    inverse: FloatArray = np.linalg.inv(information + mean) - mean
    return inverse


def _wins(
    first: ArrayLike, second: ArrayLike, outcome: ArrayLike, weights: ArrayLike | None
) -> tuple[IntArray, FloatArray]:
    """Distinct ids (k,) and the wins of row over column (k, k), ties as halves."""
    one, two = np.asarray(first), np.asarray(second)
    result = np.asarray(outcome, dtype=np.float64)
    times = np.ones(len(one)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not len(one) == len(two) == len(result) == len(times):
        raise ValueError("first, second, outcome and weights differ in length; give one each.")
    if len(one) and (one == two).any():
        raise ValueError(f"Item {one[one == two][0]} is compared with itself; leave that out.")
    if ((result < 0) | (result > 1)).any() or (times < 0).any():
        raise ValueError("Outcomes must lie in [0, 1] and weights must not be negative.")
    ids, place = codes(np.concatenate([one, two]).astype(np.int64))
    k, n = len(ids), len(one)
    forward = np.bincount(place[:n] * k + place[n:], weights=times * result, minlength=k * k)
    back = np.bincount(place[n:] * k + place[:n], weights=times * (1 - result), minlength=k * k)
    return ids, (forward + back).reshape(k, k).astype(np.float64)
