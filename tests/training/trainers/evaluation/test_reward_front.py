"""Fronts of several rewards on numbers that can be done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from training.trainers.config_fields import ConfigError
from training.trainers.data.labelled_prompts import DataError
from training.trainers.evaluation.reward_front import (
    deviations,
    shares_of,
    together,
    undominated,
    with_interval,
)


def test_a_point_is_beaten_by_one_that_is_as_good_in_all_and_better_in_one() -> None:
    values = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.5, 0.4], [0.0, 0.0], [0.5, 0.5]])
    assert undominated(values) == [True, True, True, False, False, True]


def test_a_mean_with_its_interval_over_prompts() -> None:
    found = with_interval([1.0, 3.0, 5.0, 7.0], ["a", "a", "b", "b"], seed=0)
    assert found["value"] == 4.0
    assert found["low"] < 4.0 < found["high"]
    assert with_interval([2.0, 2.0], ["a", "b"], seed=0) == {"value": 2.0, "low": 2.0, "high": 2.0}


def test_rewards_are_summed_in_units_of_their_deviation() -> None:
    scales = deviations({"helpful": [0.0, 2.0], "short": [-100.0, 100.0]})
    assert scales.tolist() == [1.0, 100.0]
    values = np.array([[1.0, 0.0], [0.0, 150.0]])
    assert together(values, scales, [0.5, 0.5]) == [0.5, 0.75]
    assert together(values, scales, [1.0, 0.0]) == [1.0, 0.0]


def test_a_criterion_that_says_always_the_same_is_refused() -> None:
    with pytest.raises(DataError, match="criterion short gives every response the same"):
        deviations({"helpful": [0.0, 2.0], "short": [1.0, 1.0]})


def test_criteria_count_as_given_or_all_alike() -> None:
    assert shares_of({}, ["a", "b"]) == [0.5, 0.5]
    assert shares_of({"b": 2.0}, ["a", "b"]) == [0.0, 2.0]
    with pytest.raises(ConfigError, match="names c, and the reward models have a, b"):
        shares_of({"c": 1.0}, ["a", "b"])
