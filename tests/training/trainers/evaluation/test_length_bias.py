"""Reward against length: a scorer that loves length is told from one that does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from training.trainers.evaluation.length_bias import length_curve, length_report
from training.trainers.evaluation.pair_accuracy import Outcome
from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap


def pairs(score_of_length: float, seed: int) -> tuple[list[Outcome], np.ndarray, np.ndarray]:
    """200 pairs of random lengths, scored by length and noise; the better one is the first."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(10, 500, size=(200, 2)).astype(float)
    scores = score_of_length * lengths + rng.normal(size=(200, 2))
    outcomes = [
        Outcome(
            cluster=str(n), correct=float(score[0] > score[1]), longer=float(chars[0] > chars[1]),
            first=None, length_gap=chars[0] - chars[1], score_gap=score[0] - score[1],
            longer_length=float(chars.max()),
        )
        for n, (chars, score) in enumerate(zip(lengths, scores, strict=True))
    ]  # fmt: skip
    return outcomes, lengths.ravel(), scores.ravel()


def report(score_of_length: float, seed: int = 0) -> Any:
    outcomes, lengths, scores = pairs(score_of_length, seed)
    names = [str(n // 2) for n in range(400)]
    draws = PromptBootstrap([o.cluster for o in outcomes], resamples=400)
    return length_report(outcomes, lengths, scores, names, bootstrap=draws)


def test_a_scorer_of_length_is_found_out() -> None:
    found = report(1.0)
    assert found["correlation_low"] > 0.99
    means = [one["mean"] for one in found["bins"]]
    assert means == sorted(means)
    assert len(means) == 10
    assert sum(one["responses"] for one in found["bins"]) == 400


def test_a_scorer_that_does_not_look_at_length_is_cleared() -> None:
    every = [report(0.0, seed) for seed in range(10)]
    assert sum(one["correlation_low"] < 0 < one["correlation_high"] for one in every) >= 8
    assert max(abs(one["correlation"]) for one in every) < 0.25


def test_pairs_of_similar_length_are_judged_apart() -> None:
    outcomes, lengths, scores = pairs(0.0, seed=1)
    similar = [o for o in outcomes if abs(o.length_gap) <= 0.1 * o.longer_length]
    draws = PromptBootstrap([o.cluster for o in outcomes], resamples=200)
    found = length_report(outcomes, lengths, scores, [str(n) for n in range(400)], bootstrap=draws)
    assert found["similar"]["pairs"] == len(similar) > 5
    assert found["similar"]["accuracy"] == pytest.approx(np.mean([o.correct for o in similar]))
    different = [o for o in outcomes if o not in similar][:5]
    draws = PromptBootstrap([o.cluster for o in different])
    assert (
        length_report(different, lengths, scores, [str(n) for n in range(400)], bootstrap=draws)[
            "similar"
        ]
        is None
    )


def test_scores_are_read_within_their_prompt() -> None:
    lengths = np.array([1.0, 9.0, 1.0, 9.0])
    scores = np.array([100.0, 101.0, -50.0, -49.0])
    low, high = length_curve(lengths, scores, ["a", "a", "b", "b"])
    assert (low["mean"], high["mean"]) == (-0.5, 0.5)
    assert (low["low"], high["high"]) == (1.0, 9.0)


def test_equal_lengths_are_one_bin() -> None:
    (only,) = length_curve(np.full(4, 7.0), np.arange(4.0), ["a", "a", "b", "b"])
    assert (only["low"], only["high"], only["responses"], only["mean"]) == (7.0, 7.0, 4, 0.0)
