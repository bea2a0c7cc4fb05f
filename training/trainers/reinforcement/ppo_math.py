"""The formulas of PPO as pure functions on tensors: rewards per token, advantages, losses.

R responses of at most T tokens are [R, T], aligned on the left, with a mask of the real ones. What
is summed over training processes goes through a `Summed`, so that several give what one would.
Sources: PPO 1707.06347, GAE 1506.02438, RLHF's details 1909.08593 and 2307.04964 (PPO-max).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Summed = Callable[[Tensor], Tensor]
"""The sum of a tensor over all training processes."""

EPSILON = 1e-8


def alone(values: Tensor) -> Tensor:
    """The sum over one process."""
    return values


def length_mask(lengths: Tensor) -> Tensor:
    """Which of [R, T] places hold a token of responses that have ``lengths`` [R], their end token
    included; nothing after it counts."""
    longest = int(lengths.max()) if len(lengths) else 1
    return torch.arange(longest, device=lengths.device) < lengths[:, None]


def padded(values: Tensor, mask: Tensor) -> Tensor:
    """Values of all N response tokens, one response after the other, as [R, T] with zeros."""
    places: Tensor = torch.zeros(mask.shape, dtype=values.dtype, device=values.device)
    return places.masked_scatter(mask, values)


def masked_mean(values: Tensor, mask: Tensor, summed: Summed = alone) -> Tensor:
    """The mean over real tokens of all processes: a scalar."""
    sums = summed(torch.stack([values[mask].sum(), mask.sum().to(values)]))
    return sums[0] / sums[1].clamp(min=1)


def masked_variance(values: Tensor, mask: Tensor, summed: Summed = alone) -> Tensor:
    """The mean square distance from the mean, over real tokens of all processes: a scalar."""
    return masked_mean((values - masked_mean(values, mask, summed)).square(), mask, summed)


def whiten(
    values: Tensor, mask: Tensor, *, keep_mean: bool = False, summed: Summed = alone
) -> Tensor:
    """Real tokens with mean 0 (or the mean they had) and variance 1; zeros elsewhere."""
    mean = masked_mean(values, mask, summed)
    scale = torch.rsqrt(masked_variance(values, mask, summed) + EPSILON)
    white = (values - mean) * scale + (mean if keep_mean else 0)
    return white * mask


def with_missing_end_penalty(scores: Tensor, finished: Tensor, penalty: float) -> Tensor:
    """Scores [R] less ``penalty`` where a response did not end by itself (``finished`` [R])."""
    return torch.where(finished, scores, scores - penalty)


def token_rewards(
    scores: Tensor, divergence: Tensor, mask: Tensor, *, coefficient: float
) -> Tensor:
    """r_t = -coefficient x divergence_t, and the response's score beside it at the last token.

    ``scores`` [R], ``divergence`` [R, T]: with k1, log pi(y_t) - log ref(y_t), unclamped. [R, T].
    """
    rewards = -coefficient * divergence * mask
    last = mask.sum(dim=1) - 1
    return rewards.scatter_add(1, last[:, None], scores[:, None].to(rewards))


def advantages_and_returns(
    rewards: Tensor, values: Tensor, mask: Tensor, *, gamma: float, gae_lambda: float
) -> tuple[Tensor, Tensor]:
    """Generalised advantages and what the critic should have said, both [R, T].

    delta_t = r_t + gamma V_{t+1} - V_t, A_t = delta_t + gamma lambda A_{t+1}, and the return is
    A_t + V_t. After the last token the value is 0: a response ends there, whether cut or not.
    """
    real = mask.to(values)
    values, rewards = values * real, rewards * real
    following = torch.cat([values[:, 1:], torch.zeros_like(values[:, :1])], dim=1)
    deltas = (rewards + gamma * following - values) * real
    advantage = torch.zeros_like(values[:, 0])
    advantages = torch.zeros_like(values)
    for t in reversed(range(values.shape[1])):
        advantage = deltas[:, t] + gamma * gae_lambda * advantage
        advantages[:, t] = advantage
    return advantages, (advantages + values) * real


def policy_losses(
    logps: Tensor, old_logps: Tensor, advantages: Tensor, *, clip_range: float
) -> tuple[Tensor, Tensor]:
    """-min(ratio A, clip(ratio, 1 - c, 1 + c) A) by token, and where clipping took the gradient.

    All of one shape; ratio = exp(logp - old logp).
    """
    ratio = torch.exp(logps - old_logps)
    free = -advantages * ratio
    bounded = -advantages * ratio.clamp(1 - clip_range, 1 + clip_range)
    return torch.maximum(free, bounded), bounded > free


def value_losses(
    values: Tensor, old_values: Tensor, returns: Tensor, *, clip_range: float
) -> tuple[Tensor, Tensor]:
    """Half the squared error by token, the worse of it with and without clipping, and where
    clipping took the gradient; values move by at most ``clip_range`` (0: freely)."""
    free = (values - returns).square()
    if clip_range == 0:
        return 0.5 * free, torch.zeros_like(free, dtype=torch.bool)
    near = old_values + (values - old_values).clamp(-clip_range, clip_range)
    bounded = (near - returns).square()
    return 0.5 * torch.maximum(free, bounded), bounded > free


def approximate_kl(logps: Tensor, old_logps: Tensor) -> Tensor:
    """exp(l) - 1 - l with l = logp - old logp, by token: never negative (Schulman 2020, k3).

    Its mean over tokens drawn from the old policy is KL(old, new).
    """
    log_ratio = logps - old_logps
    return torch.expm1(log_ratio) - log_ratio


def explained_variance(
    values: Tensor, returns: Tensor, mask: Tensor, summed: Summed = alone
) -> Tensor:
    """1 - Var(return - value) / Var(return): 1 for a critic that is right, 0 for a constant."""
    spread = masked_variance(returns, mask, summed)
    return 1 - masked_variance(returns - values, mask, summed) / (spread + EPSILON)
