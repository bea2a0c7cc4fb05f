"""The truth behind disagreeing labelers: Dawid and Skene's model and its one-coin variant, by EM.

Both take answers in long format (item, labeler, value); a labeler may answer an item more than
once. Nothing is known beforehand about the items: gold is for screening, not for these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

from annotation.stats.bootstrap import FloatArray, IntArray
from annotation.stats.coefficient import codes

_TINY = 1e-300
"""Stands for probability 0 inside a logarithm."""


@dataclass(frozen=True)
class DawidSkene:
    """A fitted model of I items, L labelers, J classes.

    ``items`` (I,), ``labelers`` (L,), ``categories`` (J,): the ids, sorted. ``posterior`` (I, J):
    probability of each class for each item. ``prevalence`` (J,). ``confusion`` (L, J, J):
    probability that a labeler answers the last index where the middle one is true; nan in the row
    of a class that no item of the labeler has.
    """

    items: NDArray[Any]
    labelers: NDArray[Any]
    categories: NDArray[Any]
    posterior: FloatArray
    prevalence: FloatArray
    confusion: FloatArray
    log_likelihood: float
    iterations: int
    converged: bool


@dataclass(frozen=True)
class OneCoin:
    """A fitted one-coin model: fields as in `DawidSkene`, with one accuracy per labeler.

    ``accuracy`` (L,): probability of answering right; ``accuracy_low``, ``accuracy_high`` (L,): its
    95 % interval, a Beta distribution of the prior plus the expected right and wrong answers.
    """

    items: NDArray[Any]
    labelers: NDArray[Any]
    categories: NDArray[Any]
    posterior: FloatArray
    prevalence: FloatArray
    accuracy: FloatArray
    accuracy_low: FloatArray
    accuracy_high: FloatArray
    log_likelihood: float
    iterations: int
    converged: bool


@dataclass(frozen=True)
class _Answers:
    item: IntArray
    labeler: IntArray
    value: IntArray
    items: NDArray[Any]
    labelers: NDArray[Any]
    categories: NDArray[Any]

    def by_item(self, per_answer: FloatArray) -> FloatArray:
        """Sums of rows (n, J) by item, (I, J)."""
        columns = [np.bincount(self.item, c, minlength=len(self.items)) for c in per_answer.T]
        return np.column_stack(columns)


def dawid_skene(
    items: ArrayLike,
    labelers: ArrayLike,
    values: ArrayLike,
    *,
    smoothing: ArrayLike = 0.0,
    tolerance: float = 1e-7,
    max_iterations: int = 1000,
) -> DawidSkene:
    """Maximum likelihood by EM (Dawid and Skene 1979, Applied Statistics 28, 20-28).

    ``items``, ``labelers``, ``values`` (n,). Starts from each item's vote shares. M step:
    ``prevalence_j = mean_i T_ij`` and
    ``confusion_ljk = (sum_i T_ij n_ilk + s) / sum_k (sum_i T_ij n_ilk + s)`` with s = ``smoothing``
    (0 is the paper; 1 keeps labelers with few answers from certainty; an array that broadcasts to
    (L, J, J) gives each labeler and cell its own). E step:
    ``T_ij ~ prevalence_j prod_lk confusion_ljk ^ n_ilk``. Ends when the log-likelihood (without
    multinomial coefficients) gains less than ``tolerance`` per answer.
    """
    found = _answers(items, labelers, values)
    n_labelers, j = len(found.labelers), len(found.categories)
    cell = found.labeler * j + found.value
    posterior = _vote_shares(found)
    pseudo = np.asarray(smoothing, dtype=np.float64)
    last, likelihood, iteration, converged = -np.inf, -np.inf, 0, False
    while not converged and iteration < max_iterations:
        prevalence = posterior.mean(axis=0)
        weights = posterior[found.item]
        counts = np.stack(
            [np.bincount(cell, weights[:, c], minlength=n_labelers * j) for c in range(j)]
        )
        expected = counts.reshape(j, n_labelers, j).transpose(1, 0, 2) + pseudo
        room = expected.sum(axis=2, keepdims=True)
        confusion = np.divide(expected, room, out=np.full_like(expected, np.nan), where=room > 0)
        log_confusion = np.log(np.maximum(np.nan_to_num(confusion), _TINY))
        evidence = found.by_item(log_confusion[found.labeler, :, found.value])
        posterior, likelihood = _normalised(evidence + np.log(np.maximum(prevalence, _TINY)))
        iteration += 1
        converged = likelihood - last < tolerance * len(found.item)
        last = likelihood
    return DawidSkene(
        items=found.items,
        labelers=found.labelers,
        categories=found.categories,
        posterior=posterior,
        prevalence=prevalence,
        confusion=confusion,
        log_likelihood=likelihood,
        iterations=iteration,
        converged=converged,
    )


def one_coin(
    items: ArrayLike,
    labelers: ArrayLike,
    values: ArrayLike,
    *,
    prior: ArrayLike = (4.0, 2.0),
    tolerance: float = 1e-7,
    max_iterations: int = 1000,
) -> OneCoin:
    """The one-coin model: labeler l is right with probability a_l, else any wrong class.

    ``P(answer k | truth j) = a_l`` for k = j, else ``(1 - a_l) / (J - 1)`` (Raykar et al. 2010 with
    one rate; Li and Yu 2014). a_l has a Beta prior, given as (right, wrong) answers seen
    beforehand plus one each, so that (1, 1) is maximum likelihood; the default has its mode at
    0.75; (L, 2) gives each labeler one. The prevalence has one answer per class beforehand. MAP by
    EM from vote shares, ending as `dawid_skene`. For few answers per labeler this is the steadier
    of the two.
    """
    right_before, wrong_before = np.asarray(prior, dtype=np.float64).T
    if min(right_before.min(), wrong_before.min()) < 1:
        raise ValueError(f"prior is {prior!r}; give two numbers of at least 1.")
    found = _answers(items, labelers, values)
    n_labelers, j = len(found.labelers), len(found.categories)
    n = np.bincount(found.labeler, minlength=n_labelers).astype(np.float64)
    posterior = _vote_shares(found)
    last, likelihood, iteration, converged = -np.inf, -np.inf, 0, False
    while not converged and iteration < max_iterations:
        prevalence = (posterior.sum(axis=0) + 1) / (len(posterior) + j)
        right = np.bincount(found.labeler, posterior[found.item, found.value], n_labelers)
        room = n + right_before + wrong_before - 2
        accuracy = np.clip((right + right_before - 1) / room, _TINY, 1 - 1e-15)
        wrong = np.maximum((1 - accuracy) / max(j - 1, 1), _TINY)
        gain = np.zeros((len(found.item), j))
        gain[np.arange(len(gain)), found.value] = np.log(accuracy / wrong)[found.labeler]
        level = np.bincount(found.item, np.log(wrong)[found.labeler], minlength=len(found.items))
        evidence = found.by_item(gain) + level[:, None]
        posterior, likelihood = _normalised(evidence + np.log(prevalence))
        penalised = likelihood + float(np.log(prevalence).sum())
        penalised += float((np.log(accuracy) * (right_before - 1)).sum())
        penalised += float((np.log1p(-accuracy) * (wrong_before - 1)).sum())
        iteration += 1
        converged = penalised - last < tolerance * len(found.item)
        last = penalised
    beta = (right + right_before, np.maximum(n - right, 0) + wrong_before)
    low, high = betaincinv(*beta, 0.025), betaincinv(*beta, 0.975)
    return OneCoin(
        items=found.items,
        labelers=found.labelers,
        categories=found.categories,
        posterior=posterior,
        prevalence=prevalence,
        accuracy=accuracy,
        accuracy_low=low,
        accuracy_high=high,
        log_likelihood=likelihood,
        iterations=iteration,
        converged=converged,
    )


def _answers(items: ArrayLike, labelers: ArrayLike, values: ArrayLike) -> _Answers:
    item_ids, item = codes(items)
    labeler_ids, labeler = codes(labelers)
    categories, value = codes(values)
    if not len(item) == len(labeler) == len(value):
        raise ValueError("items, labelers and values differ in length; give one each per answer.")
    if len(item) == 0:
        raise ValueError("There are no answers to aggregate.")
    return _Answers(item, labeler, value, item_ids, labeler_ids, categories)


def _vote_shares(found: _Answers) -> FloatArray:
    j = len(found.categories)
    votes = np.bincount(found.item * j + found.value, minlength=len(found.items) * j)
    table = votes.reshape(-1, j).astype(np.float64)
    shares: FloatArray = table / table.sum(axis=1, keepdims=True)
    return shares


def _normalised(log_joint: FloatArray) -> tuple[FloatArray, float]:
    """Posteriors (I, J) and the log-likelihood from log P(class, answers) (I, J)."""
    top = log_joint.max(axis=1, keepdims=True)
    joint = np.exp(log_joint - top)
    total = joint.sum(axis=1, keepdims=True)
    posterior: FloatArray = joint / total
    return posterior, float((np.log(total) + top).sum())
