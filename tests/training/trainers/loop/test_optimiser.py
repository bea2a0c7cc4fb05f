"""Parameter groups with their peaks, and the learning rate over the steps."""

from __future__ import annotations

import pytest
import torch

from training.trainers.configs import RewardModelConfig
from training.trainers.loop.optimiser import learning_rate_share, make_optimiser, set_learning_rate


def test_a_head_learns_at_a_rate_of_its_own() -> None:
    model = torch.nn.ModuleDict({"body": torch.nn.Linear(2, 2), "score": torch.nn.Linear(2, 1)})
    model["body"].bias.requires_grad_(False)
    config = RewardModelConfig.from_dict({"dataset": "d", "learning_rate": 0.01})
    optimiser = make_optimiser(model, config)
    set_learning_rate(optimiser, 0.5)
    rates = [(len(group["params"]), group["lr"]) for group in optimiser.param_groups]
    assert rates == [(1, pytest.approx(0.005)), (2, pytest.approx(0.05))]


def test_the_learning_rate_rises_and_falls() -> None:
    shares = [learning_rate_share(step, 10, 0.2) for step in range(10)]
    assert shares == pytest.approx([0.5, 1.0, 1.0, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8])
    assert learning_rate_share(0, 1, 0.0) == 1.0
