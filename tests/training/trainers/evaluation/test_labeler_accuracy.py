"""Accuracy against each labeler's own judgments, and against labelers held out of training."""

from __future__ import annotations

import numpy as np

from training.trainers.data.votes import Vote
from training.trainers.evaluation.labeler_accuracy import by_labeler, held_out_labelers, judged
from training.trainers.evaluation.pair_accuracy import Outcome


def outcome(cluster: str, correct: float, votes: dict[str, float]) -> Outcome:
    return Outcome(
        cluster=cluster, correct=correct, longer=1.0, first=None, length_gap=1.0, score_gap=1.0,
        votes=tuple(Vote(labeler=name, preference=p) for name, p in votes.items()),
    )  # fmt: skip


def test_each_judgment_stands_beside_the_model_and_the_other_labelers() -> None:
    found = judged([outcome("p", 1.0, {"a": 1.0, "b": 0.0, "c": 0.5}), outcome("q", 0.0, {"a": 0})])
    assert [(one.labeler, one.correct, one.others) for one in found] == [
        ("a", 1.0, 0.0),  # b against and c undecided: the others lean to the other side
        ("b", 0.0, 0.0),
        ("a", 1.0, None),
    ]


def test_figures_by_labeler_and_by_hold_out() -> None:
    outcomes = [
        outcome(str(n), 1.0, {"kept": 1.0, "also": 1.0, "out": float(n % 2)}) for n in range(20)
    ]
    judgments = judged(outcomes)
    each = by_labeler(judgments, resamples=200)
    assert {name: one["accuracy"] for name, one in each.items()} == {
        "also": 1.0, "kept": 1.0, "out": 0.5,
    }  # fmt: skip
    assert each["kept"]["accuracy_low"] < 1.0
    assert each["out"]["accuracy_others"] == 0.5
    groups = held_out_labelers(judgments, {"out"}, resamples=200)
    assert list(groups) == ["training", "held_out"]
    assert (groups["training"]["judgments"], groups["held_out"]["judgments"]) == (40, 20)
    assert groups["held_out"]["accuracy_low"] < 0.5 < groups["held_out"]["accuracy_high"]
    assert groups["training"]["accuracy"] == 1.0


def test_a_planted_difference_between_labelers_is_found() -> None:
    rng = np.random.default_rng(0)
    outcomes = [
        outcome(
            str(n), 1.0,
            {"like": float(rng.random() < 0.85), "unlike": float(rng.random() < 0.6)},
        )
        for n in range(600)
    ]  # fmt: skip
    groups = held_out_labelers(judged(outcomes), {"unlike"})
    assert groups["training"]["accuracy_low"] < 0.85 < groups["training"]["accuracy_high"]
    assert groups["held_out"]["accuracy_low"] < 0.6 < groups["held_out"]["accuracy_high"]


def test_nobody_is_no_figure() -> None:
    assert by_labeler([]) == {}
    assert list(held_out_labelers(judged([outcome("p", 1.0, {"a": 1.0})]), {"b"})) == ["training"]
