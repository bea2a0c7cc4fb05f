"""AdamW over the weights that learn, and the learning rate of each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from training.trainers.configs import OptimisationConfig


def make_optimiser(model: Any, config: OptimisationConfig) -> torch.optim.AdamW:
    """AdamW whose parameter groups carry their peak learning rate under ``peak``."""
    return adamw(_parameter_groups(model, config), config.weight_decay)


def adamw(groups: Sequence[tuple[list[Tensor], float]], weight_decay: float) -> torch.optim.AdamW:
    """AdamW over groups of weights with their peak learning rates; empty groups are left out."""
    named = [{"params": p, "peak": rate, "lr": rate} for p, rate in groups if p]
    return torch.optim.AdamW(named, weight_decay=weight_decay, fused=True)


def set_learning_rate(optimiser: torch.optim.Optimizer, share: float) -> None:
    """Every group's rate as a share of its peak."""
    for group in optimiser.param_groups:
        group["lr"] = group["peak"] * share


def learning_rate_share(step: int, total: int, warmup_fraction: float) -> float:
    """Share of the peak learning rate at a step from 0: linear warm-up, then linearly to 0."""
    warmup = round(total * warmup_fraction)
    if step < warmup:
        return (step + 1) / warmup
    return (total - step) / max(1, total - warmup)


def _parameter_groups(model: Any, config: OptimisationConfig) -> list[tuple[list[Tensor], float]]:
    """The weights that learn, a reward model's head apart with its own rate."""
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    head = [p for n, p in named if "score" in n.split(".")]
    body = [p for n, p in named if "score" not in n.split(".")]
    head_rate = config.head_learning_rate or 10 * config.learning_rate
    return [(body, config.learning_rate), (head, head_rate)]
