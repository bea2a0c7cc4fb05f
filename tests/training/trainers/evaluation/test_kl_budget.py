"""The best checkpoint has the highest reward that the KL budget allows."""

from __future__ import annotations

import math

from training.trainers.evaluation.kl_budget import budgeted_score, is_within


def best(checkpoints: dict[str, tuple[float, float]], budget: float) -> str:
    return max(checkpoints, key=lambda name: budgeted_score(*checkpoints[name], budget))


def test_a_higher_reward_beyond_the_budget_is_not_the_best() -> None:
    found = {"early": (0.2, 1.0), "good": (0.9, 9.5), "far": (5.0, 40.0)}
    assert best(found, 10) == "good"
    assert best(found, 9.5) == "good"
    assert best(found, 2) == "early"
    assert best(found, 0) == "far"


def test_where_all_are_beyond_it_the_nearest_is_the_best_and_the_score_is_a_number() -> None:
    assert best({"far": (9.0, 40.0), "nearer": (-500.0, 30.5)}, 10) == "nearer"
    assert math.isfinite(budgeted_score(1.0, 1e6, 10))


def test_an_estimate_below_zero_is_within_any_budget() -> None:
    assert is_within(-0.1, 0.5)
    assert is_within(1e9, 0)
    assert not is_within(0.6, 0.5)
