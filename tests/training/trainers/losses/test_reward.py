"""The reward model's losses against hand-computed numbers and against TRL's own code."""

from __future__ import annotations

import math
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from training.trainers.losses.reward import centering, reward_pairs

LS1 = math.log(1 + math.exp(-1))
LS_1 = math.log(1 + math.exp(1))


def test_pairs_by_hand() -> None:
    difference, margin = torch.tensor([2.0]), torch.tensor([1.0])
    assert reward_pairs(difference, margin).item() == pytest.approx(LS1)
    smoothed = reward_pairs(difference, margin, label_smoothing=0.2).item()
    assert smoothed == pytest.approx(0.8 * LS1 + 0.2 * LS_1)


@pytest.mark.parametrize(("margin", "flip"), [(0.0, 0.1), (0.7, 0.2)])
def test_smoothing_is_least_at_the_log_odds_behind_the_margin(margin: float, flip: float) -> None:
    best = margin + math.log((1 - flip) / flip)
    difference = torch.tensor([best], dtype=torch.float64, requires_grad=True)
    loss = reward_pairs(difference, torch.tensor([margin]).double(), label_smoothing=flip)
    (slope,) = torch.autograd.grad(loss.sum(), difference)
    assert slope.item() == pytest.approx(0.0, abs=1e-6)


def test_centering_by_hand() -> None:
    found = centering(torch.tensor([1.0, 2.0]), torch.tensor([-3.0, -2.0]))
    assert found.tolist() == [4.0, 0.0]


class Passing:
    """Stands in for TRL's accelerator: hands back what it was given."""

    def gather(self, x: Tensor) -> Tensor:
        return x

    gather_for_metrics = gather


def trl_reward_loss(scores: Tensor, margin: Tensor | None, center: float | None) -> Tensor:
    """TRL's own loss on given scores, chosen ones first."""
    from trl import RewardTrainer

    trainer: Any = SimpleNamespace(
        model=SimpleNamespace(training=False), accelerator=Passing(),
        args=SimpleNamespace(center_rewards_coefficient=center),
        _metrics={"eval": defaultdict(list)}, _total_train_tokens=0,
    )  # fmt: skip
    outputs = SimpleNamespace(logits=scores[:, None])
    inputs = {} if margin is None else {"margin": margin}
    return RewardTrainer.compute_loss(trainer, lambda **_: outputs, inputs)


@pytest.mark.parametrize("center", [None, 0.01])
@pytest.mark.parametrize("with_margin", [False, True])
def test_same_as_trl(center: float | None, with_margin: bool) -> None:
    scores = torch.randn(8, generator=torch.Generator().manual_seed(1))
    margin = torch.rand(4, generator=torch.Generator().manual_seed(2)) * with_margin
    theirs = trl_reward_loss(scores, margin if with_margin else None, center)
    better, worse = scores[:4], scores[4:]
    ours = reward_pairs(better - worse, margin).mean()
    ours = ours + (center or 0.0) * centering(better, worse).mean()
    torch.testing.assert_close(ours, theirs)
