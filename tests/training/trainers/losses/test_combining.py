"""Weights, ties and flipped labels make one number of many comparisons."""

from __future__ import annotations

import pytest
import torch

from training.trainers.losses.combining import ComparisonWeights, combine_comparisons

WEIGHTS = ComparisonWeights(
    forward=torch.tensor([1.0, 0.5, 0.9]),
    backward=torch.tensor([0.0, 0.5, 0.0]),
    tie=torch.tensor([0.0, 0.0, 0.1]),
    prompt=torch.tensor([0, 0, 1]),
    prompts=2,
)
LOSS, REVERSED = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([10.0, 20.0, 30.0])


def test_one_prompt_is_one_element_however_many_pairs_it_has() -> None:
    first = (1.0 + 0.5 * 2 + 0.5 * 20) / 2
    second = 0.9 * 3 + 0.1 * (3 + 30) / 2
    value = combine_comparisons(LOSS, REVERSED, WEIGHTS)
    assert value.item() == pytest.approx(first + second)
    forward_only = combine_comparisons(LOSS, None, WEIGHTS)
    assert forward_only.item() == pytest.approx((1 + 1) / 2 + 0.9 * 3)


def test_a_loss_may_have_its_own_value_of_a_tie() -> None:
    tied = torch.tensor([100.0, 100.0, 7.0])
    value = combine_comparisons(LOSS, REVERSED, WEIGHTS, tie_loss=tied)
    first = (1.0 + 0.5 * 2 + 0.5 * 20) / 2
    assert value.item() == pytest.approx(first + 0.9 * 3 + 0.1 * 7)


def test_smoothing_moves_a_share_of_each_label_to_the_other_side() -> None:
    smoothed = WEIGHTS.smoothed(0.2)
    torch.testing.assert_close(smoothed.forward, torch.tensor([0.8, 0.5, 0.72]))
    torch.testing.assert_close(smoothed.backward, torch.tensor([0.2, 0.5, 0.18]))
    assert torch.equal(smoothed.tie, WEIGHTS.tie)
    assert torch.equal(WEIGHTS.smoothed(0.0).forward, WEIGHTS.forward)
