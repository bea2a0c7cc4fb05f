"""Accuracy with intervals over prompts, baselines, and what the sentence says."""

from __future__ import annotations

import numpy as np
import pytest

from training.trainers.labelled_prompts import Labelled
from training.trainers.pair_accuracy import (
    Outcome,
    accuracy_figures,
    accuracy_interval,
    breakdown,
    outcomes_of,
    verdict,
)
from training.trainers.record_datasets import Example


def outcome(cluster: str, correct: float, **changes: object) -> Outcome:
    values: dict[str, object] = {
        "longer": 1.0, "first": None, "length_gap": 2.0, "score_gap": 2 * correct - 1,
        "strength": "better", "language": "en", "kind": "pairwise",
    }  # fmt: skip
    return Outcome(cluster=cluster, correct=correct, **(values | changes))  # type: ignore[arg-type]


def test_outcomes_of_decided_comparisons_only() -> None:
    sure = Labelled(better=1, worse=0, p_better=1, p_worse=0, p_tie=0, margin=0, first_shown=1.0)
    tie = Labelled(better=0, worse=2, p_better=0, p_worse=0, p_tie=1, margin=0)
    same = Labelled(better=1, worse=2, p_better=1, p_worse=0, p_tie=0, margin=0)
    example = Example(
        id="e", cluster="e", prompt=[1], responses=[[2]] * 3, chars=[5, 3, 3],
        comparisons=[sure, tie, same], messages=[],
    )  # fmt: skip
    first, second = outcomes_of(example, [0.5, 2.0, 2.0])
    assert (first.correct, first.longer, first.first) == (1.0, 0.0, 1.0)
    assert (second.correct, second.longer, second.first) == (0.5, 0.5, None)
    assert (first.score_gap, first.length_gap) == (1.5, -2)


def test_the_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(100):
        correct = (rng.random(80) < 0.7).astype(float)
        _, low, high = accuracy_interval(
            correct, [str(i) for i in range(80)], resamples=400, seed=seed
        )
        covered += low <= 0.7 <= high
    assert 88 <= covered <= 100


def test_pairs_of_one_prompt_widen_the_interval() -> None:
    correct = np.repeat([1.0, 0.0, 1.0, 1.0], 25)
    together = accuracy_interval(correct, [str(i // 25) for i in range(100)])
    alone = accuracy_interval(correct, [str(i) for i in range(100)])
    assert together[0] == alone[0] == 0.75
    assert together[2] - together[1] > 3 * (alone[2] - alone[1])


def test_figures_and_breakdown() -> None:
    outcomes = [
        outcome("a", 1.0, first=1.0),
        outcome("a", 0.0, longer=0.0, length_gap=-1.0, first=0.0),
        outcome("b", 1.0, language="ja", strength=""),
        outcome("c", 1.0, language="ja"),
    ]
    figures = accuracy_figures(outcomes)
    assert (figures["accuracy"], figures["pairs"], figures["prompts"]) == (0.75, 4, 3)
    assert (figures["accuracy_longer"], figures["accuracy_shorter"]) == (0.75, 0.25)
    assert figures["accuracy_first"] == 0.5
    assert figures["length_correlation"] == pytest.approx(7 / np.sqrt(4 * 13))
    parts = breakdown(outcomes, "language")
    assert {name: part["accuracy"] for name, part in parts.items()} == {"en": 0.5, "ja": 1.0}
    assert set(breakdown(outcomes, "strength")) == {"better", "not given"}


@pytest.mark.parametrize(
    ("low", "accuracy", "high", "longer", "words"),
    [
        (0.45, 0.55, 0.65, 0.5, "no better than chance"),
        (0.1, 0.2, 0.3, 0.5, "worse than chance"),
        (0.55, 0.62, 0.69, 0.4, "not clearly better than length alone"),
        (0.7, 0.8, 0.9, 0.45, "better than chance and than length alone"),
    ],
)
def test_the_verdict_says_what_the_interval_says(
    low: float, accuracy: float, high: float, longer: float, words: str
) -> None:
    figures = {
        "accuracy": accuracy, "accuracy_low": low, "accuracy_high": high,
        "accuracy_longer": longer, "accuracy_shorter": 1 - longer,
    }  # fmt: skip
    assert words in verdict(figures)
