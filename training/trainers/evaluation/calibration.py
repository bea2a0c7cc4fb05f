"""Whether predicted probabilities mean what they say: calibration curve, error and temperature.

A gap of scores in log odds predicts how probable it is that a response is the better one. What is
observed may be soft: the posterior of a label instead of a verdict. Arrays only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit

from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap

Floats = NDArray[np.float64]

BINS = 10
STEEPEST = 100.0
"""Temperatures beyond 100 or below a hundredth are no temperatures: scores say nothing, or all."""

SIGN_DRAWS = 200


def calibration(
    log_odds: Floats,
    target: Floats,
    clusters: Sequence[str],
    *,
    bootstrap: PromptBootstrap | None = None,
) -> dict[str, Any]:
    """Curve, expected calibration error, log loss and temperature of N predictions.

    ``log_odds`` [N] favour the first of two responses, ``target`` [N] in 0..1 says how far it is
    the better one. Which response is called the first is of no meaning, so predictions are read
    from the side that they favour: probabilities go from 0.5 to 1 in ten bins of equal width.

    ``error`` is the sum over bins of share x |mean predicted - mean observed| (Naeini et al. 2015,
    "Obtaining Well Calibrated Probabilities Using Bayesian Binning"). It is above 0 by chance
    alone: ``error_if_calibrated`` is its mean where the residuals of whole prompts get random
    signs, which is what as many labels would show of a calibrated model.
    """
    draws = bootstrap or PromptBootstrap(clusters)
    predicted = expit(np.abs(log_odds))
    observed = np.where(log_odds < 0, 1 - target, target)
    observed = np.where(log_odds == 0, 0.5, observed)
    place = np.minimum((2 * (predicted - 0.5) * BINS).astype(int), BINS - 1)
    return {
        "bins": _bins(predicted, observed, place, draws),
        "error": _error(predicted - observed, place),
        "error_if_calibrated": _error_by_chance(observed, place, draws),
        "log_loss": log_loss(log_odds, target),
        "temperature": temperature(log_odds, target),
        "pairs": len(log_odds),
    }


def log_loss(log_odds: Floats, target: Floats) -> float:
    """Mean of -t log p - (1 - t) log(1 - p), natural logarithms; 0.693 says nothing."""
    return float(-(target * log_expit(log_odds) + (1 - target) * log_expit(-log_odds)).mean())


def temperature(log_odds: Floats, target: Floats) -> float | None:
    """What the log odds should be divided by for the lowest log loss (Guo et al., 1706.04599).

    1 is right, above 1 the model was too sure. None where no finite positive number is best: the
    scores say nothing, the wrong thing, or are right without exception.
    """

    def loss_at(log_slope: float) -> float:
        return log_loss(np.exp(log_slope) * log_odds, target)

    end = float(np.log(STEEPEST))
    best = minimize_scalar(loss_at, bounds=(-end, end), method="bounded", options={"xatol": 1e-6})
    if min(loss_at(-end), loss_at(end)) <= float(best.fun) + 1e-9:
        return None
    return float(np.exp(-best.x))


def _bins(
    predicted: Floats, observed: Floats, place: NDArray[np.int_], draws: PromptBootstrap
) -> list[dict[str, Any]]:
    """The bins that hold something, with intervals of what was observed."""
    filled = np.unique(place)
    member = (place[:, None] == filled).astype(np.float64)
    found = draws.ratios(member * observed[:, None], member)
    return [
        {
            "low": 0.5 + n / (2 * BINS),
            "high": 0.5 + (n + 1) / (2 * BINS),
            "predicted": float(predicted[place == n].mean()),
            "observed": mean,
            "observed_low": low,
            "observed_high": high,
            "pairs": int((place == n).sum()),
        }
        for n, (mean, low, high) in zip(filled.tolist(), found, strict=True)
    ]


def _error(gaps: Floats, place: NDArray[np.int_]) -> float:
    """sum over bins of |sum of gaps| / N, which is the weighted mean of the bins' |mean gap|."""
    return float(np.abs(np.bincount(place, weights=gaps, minlength=BINS)).sum() / len(gaps))


def _error_by_chance(observed: Floats, place: NDArray[np.int_], draws: PromptBootstrap) -> float:
    counts = np.bincount(place, minlength=BINS)
    means = np.bincount(place, weights=observed, minlength=BINS) / np.maximum(counts, 1)
    residuals = observed - means[place]
    rng = np.random.default_rng(draws.seed)
    errors = []
    for _ in range(SIGN_DRAWS):
        signs = rng.choice([-1.0, 1.0], size=draws.prompts)[draws.place]
        errors.append(_error(residuals * signs, place))
    return float(np.mean(errors))
