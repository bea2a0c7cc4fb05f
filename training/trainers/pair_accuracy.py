"""How often scores agree with held-out labels: with intervals over prompts and honest baselines.

Arrays and plain values; where scores come from is other modules' business.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.trainers.record_datasets import Example

NO_BETTER = "no better than chance"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One decided comparison: 1 right, 0 wrong, 0.5 where the scorer cannot tell.

    ``first`` is None where nobody knows which response was shown first.
    """

    cluster: str
    correct: float
    longer: float
    first: float | None
    length_gap: float
    score_gap: float
    strength: str
    language: str
    kind: str


def outcomes_of(example: Example, scores: Sequence[float]) -> list[Outcome]:
    """The outcomes of an example's decided comparisons; ``scores`` has one number per response."""
    return [
        Outcome(
            cluster=example.cluster,
            correct=_right(scores[c.better], scores[c.worse]),
            longer=_right(example.chars[c.better], example.chars[c.worse]),
            first=c.first_shown,
            length_gap=example.chars[c.better] - example.chars[c.worse],
            score_gap=scores[c.better] - scores[c.worse],
            strength=c.strength or "",
            language=example.language,
            kind=example.kind,
        )
        for c in example.comparisons
        if c.decided
    ]


def accuracy_interval(
    correct: NDArray[np.float64],
    clusters: Sequence[str],
    *,
    resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float, float]:
    """Mean of ``correct`` with a percentile bootstrap interval that resamples whole prompts.

    Pairs of one prompt are not independent: drawing prompts, not pairs, keeps the interval honest.
    """
    _, place = np.unique(np.asarray(clusters), return_inverse=True)
    right = np.bincount(place, weights=correct)
    count = np.bincount(place).astype(np.float64)
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(count), np.full(len(count), 1 / len(count)), size=resamples)
    values = (draws @ right) / (draws @ count)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(correct.mean()), float(low), float(high)


def accuracy_figures(outcomes: Sequence[Outcome], *, resamples: int = 2000) -> dict[str, Any]:
    """Accuracy with its interval, and the baselines that ignore the text, on the same pairs."""
    correct = np.array([o.correct for o in outcomes])
    longer = np.array([o.longer for o in outcomes])
    accuracy, low, high = accuracy_interval(
        correct, [o.cluster for o in outcomes], resamples=resamples
    )
    first = [o.first for o in outcomes if o.first is not None]
    return {
        "accuracy": accuracy,
        "accuracy_low": low,
        "accuracy_high": high,
        "accuracy_longer": float(longer.mean()),
        "accuracy_shorter": float(1 - longer.mean()),
        "accuracy_first": float(np.mean(first)) if first else None,
        "length_correlation": _correlation(outcomes),
        "pairs": len(outcomes),
        "prompts": len({o.cluster for o in outcomes}),
    }


def breakdown(outcomes: Sequence[Outcome], field: str) -> dict[str, dict[str, Any]]:
    """The same figures by ``strength``, ``language`` or ``kind``."""
    values = sorted({getattr(o, field) for o in outcomes})
    return {
        value or "not given": accuracy_figures([o for o in outcomes if getattr(o, field) == value])
        for value in values
    }


def verdict(figures: dict[str, Any]) -> str:
    """One sentence of what the accuracy means."""
    low, high = figures["accuracy_low"], figures["accuracy_high"]
    interval = f"{figures['accuracy']:.1%} ({low:.1%} to {high:.1%})"
    if low <= 0.5 <= high:
        return f"{interval}: {NO_BETTER}."
    if high < 0.5:
        return f"{interval}: worse than chance; it prefers what people reject."
    best = max(figures["accuracy_longer"], figures["accuracy_shorter"])
    if low <= best:
        return f"{interval}: better than chance, not clearly better than length alone ({best:.1%})."
    return f"{interval}: better than chance and than length alone ({best:.1%})."


def _right(better: float, worse: float) -> float:
    return 0.5 if better == worse else float(better > worse)


def _correlation(outcomes: Iterable[Outcome]) -> float | None:
    """Correlation of score and length differences over pairs, each counted both ways round."""
    score = np.array([o.score_gap for o in outcomes])
    length = np.array([o.length_gap for o in outcomes])
    scale = np.sqrt((score**2).sum() * (length**2).sum())
    return float((score * length).sum() / scale) if scale > 0 else None
