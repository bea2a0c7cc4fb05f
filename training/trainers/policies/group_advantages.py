"""How much better each response of a prompt is than the others: advantages without a critic.

Pure functions on rewards [P, n], one row per prompt with its n responses. In single precision, as
TRL's GRPOTrainer and RLOOTrainer compute them.
"""

from __future__ import annotations

import torch
from torch import Tensor

SCALES = ("group", "batch", "none")
SMALLEST = 1e-4
"""Added to a deviation before it divides, as in TRL; so a group without spread gets zeros."""


def group_relative(rewards: Tensor, *, scale: str) -> Tensor:
    """Rewards [P, n] above the mean of their prompt's, in deviations: [P, n].

    A_i = (r_i - mean(r)) / (std(r) + 1e-4), GRPO (DeepSeekMath, 2402.03300, section 4.1). ``scale``
    says whose deviation (with n - 1): group is the prompt's own, batch that of all rewards
    (2508.08221); none divides by nothing (Dr. GRPO, 2503.20783), for dividing by a small deviation
    makes prompts count more that are nearly always or nearly never solved.
    """
    above = rewards - rewards.mean(dim=1, keepdim=True)
    if scale == "none":
        return above
    spread = rewards.std(dim=1, keepdim=True) if scale == "group" else rewards.std()
    return above / (spread + SMALLEST)


def leave_one_out(rewards: Tensor) -> Tensor:
    """Rewards [P, n] above the mean of the prompt's other responses: [P, n].

    A_i = r_i - sum_{j != i} r_j / (n - 1), RLOO (Ahmadian et al., 2402.14740, section 3.2): an
    unbiased baseline, since it does not depend on the response itself. Equals n / (n - 1) times
    r_i - mean(r).
    """
    others = rewards.sum(dim=1, keepdim=True) - rewards
    return rewards - others / (rewards.shape[1] - 1)


def whitened(advantages: Tensor) -> Tensor:
    """Advantages of a whole step [P, n] with mean 0 and deviation 1 (with n - 1): [P, n]."""
    return (advantages - advantages.mean()) / (advantages.std() + SMALLEST)


def without_spread(rewards: Tensor) -> Tensor:
    """Which prompts' responses [P, n] are all rewarded alike, and so teach nothing: bool [P]."""
    spread = rewards.std(dim=1)
    return torch.isclose(spread, torch.zeros_like(spread))
