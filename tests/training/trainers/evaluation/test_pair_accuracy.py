"""Accuracy with intervals over prompts, baselines, and what the sentence says."""

from __future__ import annotations

import numpy as np
import pytest

from training.trainers.data.labelled_prompts import Labelled
from training.trainers.data.record_datasets import Example
from training.trainers.data.votes import Vote
from training.trainers.evaluation.pair_accuracy import (
    BREAKDOWNS,
    Outcome,
    accuracy_figures,
    accuracy_interval,
    breakdown,
    compared,
    outcomes_of,
    verdict,
)
from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap


def outcome(cluster: str, correct: float, **changes: object) -> Outcome:
    values: dict[str, object] = {
        "longer": 1.0, "first": None, "length_gap": 2.0, "score_gap": 2 * correct - 1,
        "strength": "better", "language": "en", "kind": "pairwise",
    }  # fmt: skip
    return Outcome(cluster=cluster, correct=correct, **(values | changes))  # type: ignore[arg-type]


def test_outcomes_of_decided_comparisons_only() -> None:
    sure = Labelled(
        better=1, worse=0, p_better=0.8, p_worse=0.2, p_tie=0, margin=0, first_shown=1.0,
        strength="slightly", votes=(Vote(labeler="a", preference=1.0),),
    )  # fmt: skip
    tie = Labelled(better=0, worse=2, p_better=0.2, p_worse=0.2, p_tie=0.6, margin=0)
    same = Labelled(better=1, worse=2, p_better=1, p_worse=0, p_tie=0, margin=0)
    example = Example(
        id="e", cluster="e", prompt=[1], responses=[[2]] * 3, chars=[5, 3, 3],
        comparisons=[sure, tie, same], messages=[], language="en", kind="ranking",
        criterion="helpful", sources=["model b", "model a", ""],
    )  # fmt: skip
    first, second = outcomes_of(example, [0.5, 2.0, 2.0])
    assert (first.correct, first.longer, first.first) == (1.0, 0.0, 1.0)
    assert (second.correct, second.longer, second.first) == (0.5, 0.5, None)
    assert (first.score_gap, first.length_gap, first.longer_length) == (1.5, -2, 5)
    assert {field: getattr(first, field) for field in BREAKDOWNS} == {
        "strength": "slightly",
        "agreement": "one judgment",
        "posterior": "0.75 to 0.9",
        "kind": "ranking",
        "language": "en",
        "source": "model a / model b",
        "criterion": "helpful",
    }
    every = compared(example, [0.5, 2.0, 2.0])
    assert [(o.decided, o.target) for o in every] == [(True, 0.8), (False, 0.5), (True, 1.0)]
    assert (every[1].source, every[1].agreement) == ("model b", "no judgment")


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
    assert list(breakdown(outcomes, "strength")) == ["better", "not given"]


def test_parts_stand_in_their_own_order() -> None:
    agreements = ["two thirds or more", "no judgment", "all agree"]
    outcomes = [outcome(words, 1.0, agreement=words) for words in agreements]
    assert list(breakdown(outcomes, "agreement")) == [
        "all agree", "two thirds or more", "no judgment",
    ]  # fmt: skip
    strengths = ["slightly", "", "significantly", "better"]
    outcomes = [outcome(words, 1.0, strength=words) for words in strengths]
    assert list(breakdown(outcomes, "strength")) == [
        "significantly", "better", "slightly", "not given",
    ]  # fmt: skip


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


def test_the_rarest_parts_are_put_together() -> None:
    outcomes = [outcome(str(n), 1.0, source=f"source {n % 30:02}") for n in range(90)]
    outcomes += [outcome(str(n), 0.0, source="usual") for n in range(10)]
    parts = breakdown(outcomes, "source", resamples=100)
    assert len(parts) == 21
    assert parts["usual"]["pairs"] == 10
    assert sum(part["pairs"] for part in parts.values()) == 100
    assert parts["others"]["pairs"] == 3 * (30 - 19)


def test_one_set_of_draws_serves_the_whole_and_its_parts() -> None:
    rng = np.random.default_rng(0)
    outcomes = [
        outcome(str(n), float(rng.random() < 0.7), language="en" if n % 3 else "ja")
        for n in range(120)
    ]
    draws = PromptBootstrap([o.cluster for o in outcomes], resamples=500)
    whole = accuracy_figures(outcomes, bootstrap=draws)
    parts = breakdown(outcomes, "language", bootstrap=draws)
    alone = accuracy_figures([o for o in outcomes if o.language == "ja"], resamples=500)
    width = whole["accuracy_high"] - whole["accuracy_low"]
    for part in parts.values():
        assert part["accuracy_high"] - part["accuracy_low"] > width
    assert parts["ja"]["accuracy"] == alone["accuracy"]
    assert parts["ja"]["accuracy_low"] == pytest.approx(alone["accuracy_low"], abs=0.05)


def test_the_gain_over_length_is_paired() -> None:
    outcomes = [outcome(str(n), float(n % 50 > 4), longer=float(n % 50 > 6)) for n in range(200)]
    figures = accuracy_figures(outcomes)
    assert (figures["accuracy"], figures["accuracy_longer"]) == (0.9, 0.86)
    assert figures["gain_over_length"] == pytest.approx(0.04)
    half = 1.96 * np.sqrt(0.04 * 0.96 / 200)
    assert figures["gain_over_length_low"] == pytest.approx(0.04 - half, abs=0.01)
    # The interval of the accuracy alone reaches down to the baseline; on the same pairs it is sure.
    assert figures["accuracy_low"] <= 0.86
    assert "better than chance and than length alone" in verdict(figures)
