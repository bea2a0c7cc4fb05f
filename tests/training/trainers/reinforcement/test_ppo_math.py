"""The lines of the PPO checklist that are formulas, on numbers worked out by hand or by numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from training.trainers.reinforcement.ppo_math import (
    advantages_and_returns,
    approximate_kl,
    explained_variance,
    length_mask,
    masked_mean,
    masked_variance,
    padded,
    policy_losses,
    token_rewards,
    value_losses,
    whiten,
    with_missing_end_penalty,
)

LENGTHS = torch.tensor([3, 1, 4])
MASK = length_mask(LENGTHS)


def drawn(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.double)


def with_pads(values: Tensor, count: int, filler: float = 7.0) -> Tensor:
    pads = torch.full((len(values), count), filler, dtype=values.dtype)
    return torch.cat([values, pads], dim=1)


def padded_mask(count: int) -> Tensor:
    return torch.cat([MASK, torch.zeros(len(MASK), count, dtype=torch.bool)], dim=1)


def test_line_5_the_mask_covers_the_end_token_and_nothing_after_it() -> None:
    end, tokens = 2, [[5, 6, 2], [2], [5, 6, 7, 8]]
    mask = length_mask(torch.tensor([len(row) for row in tokens]))
    for row, real in zip(tokens, mask, strict=True):
        assert int(real.sum()) == (row.index(end) + 1 if end in row else len(row))
        assert real.tolist() == [True] * len(row) + [False] * (4 - len(row))
    assert padded(torch.arange(8.0), mask).tolist() == [
        [0, 1, 2, 0], [3, 0, 0, 0], [4, 5, 6, 7],
    ]  # fmt: skip


def test_line_6_the_score_lands_on_the_last_real_token() -> None:
    divergence = drawn(1, 3, 4)
    scores = torch.tensor([10.0, 20.0, 30.0])
    rewards = token_rewards(scores, divergence, MASK, coefficient=0.1)
    expected = -0.1 * divergence * MASK
    for row, length in enumerate(LENGTHS.tolist()):
        expected[row, length - 1] += scores[row]
    assert torch.allclose(rewards, expected)
    assert torch.equal(rewards[~MASK], torch.zeros(4, dtype=torch.double))


def test_line_7_the_penalty_falls_on_unfinished_responses_alone() -> None:
    finished = torch.tensor([True, False, True, False])
    scores = with_missing_end_penalty(torch.tensor([1.0, 2.0, -3.0, 0.0]), finished, 1.5)
    assert scores.tolist() == [1.0, 0.5, -3.0, -1.5]


def quadratic_gae(
    rewards: Tensor, values: Tensor, lengths: list[int], gamma: float, lam: float
) -> Tensor:
    """A_t = sum_k (gamma lambda)^k delta_(t + k), as the paper has it."""
    found = torch.zeros_like(rewards)
    for row, length in enumerate(lengths):
        v = [*values[row, :length].tolist(), 0.0]
        deltas = [float(rewards[row, t]) + gamma * v[t + 1] - v[t] for t in range(length)]
        for t in range(length):
            found[row, t] = sum((gamma * lam) ** k * deltas[t + k] for k in range(length - t))
    return found


@pytest.mark.parametrize(("gamma", "lam"), [(1.0, 0.95), (0.9, 0.8), (1.0, 1.0), (0.97, 0.0)])
def test_line_9_advantages_are_the_discounted_sum_of_temporal_differences(
    gamma: float, lam: float
) -> None:
    rewards, values = drawn(2, 3, 4), drawn(3, 3, 4)
    found, returns = advantages_and_returns(rewards, values, MASK, gamma=gamma, gae_lambda=lam)
    expected = quadratic_gae(rewards, values, LENGTHS.tolist(), gamma, lam)
    assert torch.allclose(found, expected)
    assert torch.allclose(returns, (expected + values) * MASK)


def test_line_9_without_discount_the_return_is_the_sum_of_what_follows() -> None:
    rewards, values = drawn(4, 3, 4), drawn(5, 3, 4)
    _, returns = advantages_and_returns(rewards, values, MASK, gamma=1.0, gae_lambda=1.0)
    for row, length in enumerate(LENGTHS.tolist()):
        for t in range(length):
            assert returns[row, t] == pytest.approx(float(rewards[row, t:length].sum()))


def test_line_10_the_value_after_the_end_is_0_and_pads_change_nothing() -> None:
    rewards, values = drawn(6, 3, 4), drawn(7, 3, 4)
    found, returns = advantages_and_returns(rewards, values, MASK, gamma=1.0, gae_lambda=0.9)
    last = LENGTHS - 1
    rows = torch.arange(3)
    assert torch.allclose(found[rows, last], rewards[rows, last] - values[rows, last])
    more, more_returns = advantages_and_returns(
        with_pads(rewards, 5), with_pads(values, 5), padded_mask(5), gamma=1.0, gae_lambda=0.9
    )
    assert torch.equal(more, with_pads(found, 5, 0.0))
    assert torch.equal(more_returns, with_pads(returns, 5, 0.0))


def test_line_11_whitened_tokens_have_mean_0_and_variance_1() -> None:
    values = 5 + 3 * drawn(8, 3, 4)
    white = whiten(values, MASK)
    real = white[MASK]
    assert float(real.mean()) == pytest.approx(0, abs=1e-7)
    assert float(real.var(unbiased=False)) == pytest.approx(1, abs=1e-6)
    assert torch.equal(white[~MASK], torch.zeros(4, dtype=torch.double))
    assert torch.allclose(whiten(with_pads(values, 5), padded_mask(5))[:, :4], white)


def test_line_11_two_processes_whiten_as_one() -> None:
    values = drawn(9, 3, 4)
    halves = [slice(0, 2), slice(2, 3)]
    expected = whiten(values, MASK)
    mean = masked_mean(values, MASK)

    def sums_of(half: slice) -> list[Tensor]:
        ours, real = values[half], MASK[half]
        return [
            torch.stack([part[real].sum(), real.sum().to(part)])
            for part in (ours, ours, (ours - mean).square())
        ]

    both = [sum(parts) for parts in zip(*map(sums_of, halves), strict=True)]
    for half in halves:
        of_all = iter(both)
        white = whiten(values[half], MASK[half], summed=lambda _, sums=of_all: next(sums))
        assert torch.allclose(white, expected[half], atol=1e-12)


def test_line_12_whitened_rewards_keep_their_mean() -> None:
    rewards = 2 + 4 * drawn(10, 3, 4)
    white = whiten(rewards, MASK, keep_mean=True)[MASK]
    assert float(white.mean()) == pytest.approx(float(rewards[MASK].mean()))
    assert float(white.var(unbiased=False)) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "slope"),
    [
        (1.0, 2.0, -2.0, -2.0),
        (1.1, 2.0, -2.2, -2.2),
        (1.5, 2.0, -2.4, 0.0),
        (0.5, 2.0, -1.0, -1.0),
        (1.0, -2.0, 2.0, 2.0),
        (1.5, -2.0, 3.0, 3.0),
        (0.5, -2.0, 1.6, 0.0),
        (0.9, -2.0, 1.8, 1.8),
    ],
)
def test_line_13_the_policy_loss_is_clipped_where_it_would_gain(
    ratio: float, advantage: float, loss: float, slope: float
) -> None:
    logp = torch.tensor([np.log(ratio)], requires_grad=True)
    found, clipped = policy_losses(logp, torch.zeros(1), torch.tensor([advantage]), clip_range=0.2)
    found.sum().backward()
    assert found.item() == pytest.approx(loss, abs=1e-6)
    assert logp.grad is not None
    assert logp.grad.item() == pytest.approx(slope, abs=1e-6)
    assert clipped.item() == (slope == 0)


@pytest.mark.parametrize(
    ("value", "old", "wanted", "clip", "loss", "slope"),
    [
        (1.0, 1.0, 3.0, 0.2, 2.0, -2.0),
        (1.5, 1.0, 3.0, 0.2, 1.62, 0.0),  # clipped to 1.2, which is worse
        (0.5, 1.0, 3.0, 0.2, 3.125, -2.5),  # clipped to 0.8, which is better: free counts
        (1.5, 1.0, 3.0, 0.0, 1.125, -1.5),
    ],
)
def test_line_13_the_value_loss_is_the_worse_of_free_and_clipped(
    value: float, old: float, wanted: float, clip: float, loss: float, slope: float
) -> None:
    values = torch.tensor([value], requires_grad=True)
    found, clipped = value_losses(
        values, torch.tensor([old]), torch.tensor([wanted]), clip_range=clip
    )
    found.sum().backward()
    assert found.item() == pytest.approx(loss, abs=1e-6)
    assert values.grad is not None
    assert values.grad.item() == pytest.approx(slope, abs=1e-6)
    assert clipped.item() == (slope == 0)


def test_line_21_means_over_real_tokens_do_not_see_pads() -> None:
    values, returns = drawn(11, 3, 4), drawn(12, 3, 4)
    for mean in (masked_mean, masked_variance):
        assert mean(with_pads(values, 5), padded_mask(5)) == mean(values, MASK)
    assert float(masked_mean(values, MASK)) == pytest.approx(float(values[MASK].mean()))
    assert float(masked_variance(values, MASK)) == pytest.approx(
        float(values[MASK].var(unbiased=False))
    )
    assert explained_variance(
        with_pads(values, 5), with_pads(returns, 5), padded_mask(5)
    ) == explained_variance(values, returns, MASK)


def test_a_critic_that_is_right_explains_everything_and_a_constant_one_nothing() -> None:
    returns = drawn(13, 3, 4)
    assert float(explained_variance(returns, returns, MASK)) == pytest.approx(1)
    constant = torch.full_like(returns, 3.0)
    assert float(explained_variance(constant, returns, MASK)) == pytest.approx(0, abs=1e-6)


def test_the_approximate_kl_is_that_of_the_distributions_on_average() -> None:
    old, new = torch.tensor([0.5, 0.3, 0.2]), torch.tensor([0.4, 0.4, 0.2])
    by_token = approximate_kl(new.log(), old.log())
    assert bool((by_token >= 0).all())
    assert float((old * by_token).sum()) == pytest.approx(
        float((old * (old / new).log()).sum()), abs=1e-6
    )
