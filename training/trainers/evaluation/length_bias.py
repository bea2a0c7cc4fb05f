"""Reward against length: does a scorer like what people like, or only what is long?

Lengths are characters of responses. Arrays and plain values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.trainers.evaluation.pair_accuracy import Outcome, accuracy_figures
from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap

Floats = NDArray[np.float64]

BINS = 10
SIMILAR = 0.1
"""Pairs whose lengths differ by at most this share of the longer one are of similar length."""


def length_curve(lengths: Floats, scores: Floats, clusters: Sequence[str]) -> list[dict[str, Any]]:
    """Mean score by length over N responses, in at most ten bins of about as many responses each.

    Responses of one length share a bin. ``scores`` are taken less the mean over their prompt's
    responses, for prompts differ in what they make possible; bins have intervals over prompts.
    """
    draws = PromptBootstrap(clusters)
    counts = np.bincount(draws.place)
    means = np.bincount(draws.place, weights=scores) / counts
    above = scores - means[draws.place]
    below = np.searchsorted(np.sort(lengths), lengths, side="left")
    bins = np.unique(below * BINS // len(lengths), return_inverse=True)[1]
    member = np.zeros((len(lengths), int(bins.max()) + 1))
    member[np.arange(len(lengths)), bins] = 1
    found = draws.ratios(member * above[:, None], member, shares=False)
    return [
        {
            "low": float(lengths[bins == n].min()),
            "high": float(lengths[bins == n].max()),
            "mean": mean,
            "mean_low": low,
            "mean_high": high,
            "responses": int(member[:, n].sum()),
        }
        for n, (mean, low, high) in enumerate(found)
    ]


def length_report(
    outcomes: Sequence[Outcome],
    lengths: Floats,
    scores: Floats,
    clusters: Sequence[str],
    *,
    bootstrap: PromptBootstrap,
) -> dict[str, Any]:
    """Curve, correlation over pairs with its interval, and accuracy where length says little.

    ``lengths``, ``scores`` and ``clusters`` are of the N responses; ``bootstrap`` is over the
    ``outcomes``.
    """
    score = np.array([o.score_gap for o in outcomes])
    length = np.array([o.length_gap for o in outcomes])
    value, low, high = _correlation(score, length, bootstrap)
    similar = [o for o in outcomes if abs(o.length_gap) <= SIMILAR * o.longer_length]
    return {
        "unit": "characters",
        "bins": length_curve(lengths, scores, clusters),
        "correlation": value,
        "correlation_low": low,
        "correlation_high": high,
        "similar": accuracy_figures(similar, resamples=bootstrap.resamples) if similar else None,
    }


def _correlation(
    score: Floats, length: Floats, bootstrap: PromptBootstrap
) -> tuple[float | None, float | None, float | None]:
    """Of differences over pairs, each pair counted both ways round, so that means are 0."""
    found, drawn = bootstrap.sums(np.stack([score * length, score**2, length**2], axis=1))
    scale = float(np.sqrt(found[1] * found[2]))
    if scale == 0:
        return None, None, None
    with np.errstate(invalid="ignore", divide="ignore"):
        values = drawn[:, 0] / np.sqrt(drawn[:, 1] * drawn[:, 2])
    low, high = bootstrap.percentiles(values, bootstrap.prompts)
    return float(found[0]) / scale, low, high
