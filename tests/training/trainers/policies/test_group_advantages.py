"""Advantages over a prompt's own responses are those of the papers, by hand."""

from __future__ import annotations

import pytest
import torch

from training.trainers.policies.group_advantages import (
    group_relative,
    leave_one_out,
    whitened,
    without_spread,
)

REWARDS = torch.tensor([[1.0, 0.0, 0.0, 1.0], [2.0, 2.0, 2.0, 6.0], [0.1, 0.1, 0.1, 0.1]])


def test_a_groups_advantages_are_in_its_own_deviations() -> None:
    # mean 1/2, deviation sqrt(4 x 1/4 / 3); mean 3, deviation sqrt((1 + 1 + 1 + 9) / 3) = 2
    first, second = 0.5 / (3**-0.5 + 1e-4), 1 / (2 + 1e-4)
    expected = torch.tensor(
        [[first, -first, -first, first], [-second, -second, -second, 3 * second], [0, 0, 0, 0]]
    )
    torch.testing.assert_close(group_relative(REWARDS, scale="group"), expected)


def test_without_a_deviation_they_are_distances_from_the_mean() -> None:
    found = group_relative(REWARDS, scale="none")
    torch.testing.assert_close(found[1], torch.tensor([-1.0, -1.0, -1.0, 3.0]))
    by_batch = group_relative(REWARDS, scale="batch")
    torch.testing.assert_close(by_batch, found / (REWARDS.std() + 1e-4))


def test_leave_one_out_compares_with_the_mean_of_the_others() -> None:
    found = leave_one_out(REWARDS)
    torch.testing.assert_close(found[0], torch.tensor([2 / 3, -2 / 3, -2 / 3, 2 / 3]))
    torch.testing.assert_close(found[1], torch.tensor([-4 / 3, -4 / 3, -4 / 3, 4.0]))
    above = REWARDS - REWARDS.mean(dim=1, keepdim=True)
    torch.testing.assert_close(found, 4 / 3 * above)
    torch.testing.assert_close(
        leave_one_out(torch.tensor([[3.0, 1.0]])), torch.tensor([[2.0, -2.0]])
    )


def test_whitened_advantages_have_mean_0_and_deviation_1() -> None:
    found = whitened(leave_one_out(REWARDS))
    assert float(found.mean()) == pytest.approx(0, abs=1e-6)
    assert float(found.std()) == pytest.approx(1, abs=1e-3)


def test_prompts_whose_rewards_are_alike_teach_nothing() -> None:
    assert without_spread(REWARDS).tolist() == [False, False, True]
    assert group_relative(REWARDS, scale="group")[2].abs().max() < 1e-3
