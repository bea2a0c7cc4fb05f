"""Plackett-Luce against hand-computed likelihoods: ties, weights, many prompts at once."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import logsigmoid

from training.trainers.losses.listwise import plackett_luce

SCORES, RANKS = torch.tensor([1.0, 3.0, 2.0]), torch.tensor([3, 1, 2])


def test_by_hand() -> None:
    worth = SCORES.exp()
    likelihood = worth[1] / worth.sum() * worth[2] / (worth[2] + worth[0])
    value = plackett_luce(SCORES, RANKS)
    assert value.item() == pytest.approx(-math.log(likelihood) / 2, rel=1e-6)


def test_of_two_it_is_the_pairwise_loss_and_a_tie_pulls_together() -> None:
    scores = torch.tensor([0.4, -0.7], requires_grad=True)
    untied = plackett_luce(scores, torch.tensor([1, 2]))
    assert untied.item() == pytest.approx(-logsigmoid(torch.tensor(1.1)).item())
    tie = plackett_luce(scores, torch.tensor([1, 1]))
    expected = -(logsigmoid(torch.tensor(1.1)) + logsigmoid(torch.tensor(-1.1))) / 2
    assert tie.item() == pytest.approx(expected.item())
    (gradient,) = torch.autograd.grad(tie, scores)
    assert gradient[0] > 0 > gradient[1]


def test_each_choice_has_a_weight() -> None:
    worth = SCORES.exp()
    first, second = worth[1] / worth.sum(), worth[2] / (worth[2] + worth[0])
    value = plackett_luce(SCORES, RANKS, weights=torch.tensor([1.0, 0.9, 0.6]))
    expected = -(0.9 * math.log(first) + 0.6 * math.log(second)) / 2
    assert value.item() == pytest.approx(expected, rel=1e-6)


def test_a_batch_is_the_sum_over_its_prompts() -> None:
    scores = torch.tensor([1.0, 3.0, 2.0, 0.4, -0.7])
    ranks = torch.tensor([3, 1, 2, 1, 2])
    prompt = torch.tensor([0, 0, 0, 1, 1])
    apart = plackett_luce(scores[:3], ranks[:3]) + plackett_luce(scores[3:], ranks[3:])
    torch.testing.assert_close(plackett_luce(scores, ranks, prompt=prompt), apart)


def test_extreme_scores_stay_finite_with_their_gradients() -> None:
    scores = torch.tensor([-1e4, 1e4, -1e4], requires_grad=True)
    value = plackett_luce(scores, torch.tensor([1, 2, 2]))
    value.backward()
    assert torch.isfinite(value)
    assert scores.grad is not None
    assert torch.isfinite(scores.grad).all()
