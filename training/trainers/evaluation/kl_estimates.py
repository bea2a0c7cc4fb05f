"""Estimates of KL(policy, reference) from responses that the policy wrote. Arrays only.

Per response x with tokens t: log-ratios l_t = log pi(x_t) - log ref(x_t). Both estimators are
unbiased for the KL of the whole response and sum over tokens (Schulman, "Approximating KL
Divergence", 2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap

Floats = NDArray[np.float64]


def k1(log_ratio: Floats) -> Floats:
    """l per token: unbiased, of either sign, with much variance. [N] to [N]."""
    return log_ratio


def k3(log_ratio: Floats) -> Floats:
    """exp(-l) - 1 + l per token: unbiased, never negative, mostly with less variance. [N] to [N].

    Its mean is that of l, because exp(-l) = ref / pi has the mean 1 under the policy.
    """
    return np.expm1(-log_ratio) + log_ratio


def kl_figures(
    log_ratio: Floats,
    owners: NDArray[np.int_],
    clusters: Sequence[str],
    *,
    resamples: int = 2000,
) -> dict[str, Any]:
    """Mean KL per response by both estimators, and per token, with intervals over prompts.

    ``log_ratio`` [N] are tokens' log-ratios, ``owners`` [N] their responses, ``clusters`` names the
    prompt of each of the R responses. Natural logarithms.
    """
    count = len(clusters)
    draws = PromptBootstrap(clusters, resamples=resamples)
    by_response: Floats = np.stack(
        [
            np.bincount(owners, weights=values, minlength=count).astype(np.float64)
            for values in (k1(log_ratio), k3(log_ratio), k3(log_ratio))
        ],
        axis=1,
    )
    lengths = np.bincount(owners, minlength=count).astype(np.float64)
    one = np.ones(count)
    under = np.stack([one, one, lengths], axis=1)
    found = draws.ratios(by_response, under, shares=False)
    names = ("kl_k1", "kl_k3", "kl_per_token")
    return {
        name: {"value": value, "low": low, "high": high}
        for name, (value, low, high) in zip(names, found, strict=True)
    }
