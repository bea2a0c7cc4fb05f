"""Which checkpoint of a policy is the best: the highest held-out reward within a KL budget.

Plain numbers: web processes read it too.
"""

from __future__ import annotations

BEYOND = -1e12
"""Below every reward: what is beyond the budget is worse than whatever is within it."""


def is_within(kl: float, budget: float) -> bool:
    """Whether a KL keeps to the budget; a budget of 0 sets no limit."""
    return budget == 0 or kl <= budget


def budgeted_score(reward: float, kl: float, budget: float) -> float:
    """What orders checkpoints: the reward within the budget, beyond it the nearness to it."""
    return reward if is_within(kl, budget) else BEYOND - kl
