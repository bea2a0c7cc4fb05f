"""When PPO is not to go on."""

from __future__ import annotations

import pytest
import torch

from training.trainers.loop.step_loop import TrainingDivergedError
from training.trainers.reinforcement.limits import Steady, check_kl, check_written

SAME, OTHER, MIXED = torch.ones(4), torch.zeros(4), torch.tensor([0.0, 1.0])


def test_steps_with_one_and_the_same_reward_are_counted() -> None:
    steady = Steady()
    for expected in (1, 2):
        steady = steady.after(SAME, 3)
        assert steady.steps == expected
    assert steady.after(MIXED, 3) == Steady()
    assert steady.after(OTHER, 3).steps == 1
    with pytest.raises(TrainingDivergedError, match="Every reward of the last 3 steps is 1"):
        steady.after(SAME, 3)
    assert steady.after(SAME, 0).steps == 3


def test_a_kl_over_the_limit_ends_a_run_and_so_does_one_that_is_no_number() -> None:
    check_kl(4.9, 5, 1)
    check_kl(1e9, 0, 1)
    for kl in (5.1, float("nan"), float("inf")):
        with pytest.raises(TrainingDivergedError, match="over kl_limit"):
            check_kl(kl, 5, 1)


def test_some_empty_responses_are_no_reason_to_stop() -> None:
    check_written({"empty": 0.99}, 0)
    with pytest.raises(TrainingDivergedError, match="Every response of step 1 is empty"):
        check_written({"empty": 1.0}, 0)
