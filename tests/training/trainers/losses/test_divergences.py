"""f-DPO against hand-computed numbers and TRL's own code."""

from __future__ import annotations

import math

import pytest
import torch

from tests.training.trainers.losses.pair_fixture import (
    OPTIONS,
    minus_log_sigmoid,
    one_pair,
    random_pairs,
    trl_dpo_loss,
)
from training.trainers.losses import divergences
from training.trainers.losses.pairs import LossOptions


def js_slope(t: float) -> float:
    return math.log(2 * t / (1 + t))


BY_HAND = {
    "reverse_kl": minus_log_sigmoid(0.5 * 2),
    "forward_kl": minus_log_sigmoid(0.5 * (-math.e + math.exp(3))),
    "js": minus_log_sigmoid(0.5 * (js_slope(math.exp(-1)) - js_slope(math.exp(-3)))),
    "alpha": minus_log_sigmoid(0.5 * ((1 - math.exp(0.5)) - (1 - math.exp(1.5))) / 0.5),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(name: str) -> None:
    value = getattr(divergences, name)(one_pair(), OPTIONS)
    assert value.item() == pytest.approx(BY_HAND[name], rel=1e-5)


@pytest.mark.parametrize(
    ("name", "divergence"),
    [
        ("reverse_kl", "reverse_kl"),
        ("forward_kl", "forward_kl"),
        ("js", "js_divergence"),
        ("alpha", "alpha_divergence"),
    ],
)
def test_same_as_trl(name: str, divergence: str) -> None:
    """TRL's forward KL has 1 - 1/t for -1/t, and its alpha is our 1 - a: the same numbers."""
    pairs = random_pairs()
    ours = getattr(divergences, name)(pairs, OPTIONS).mean().item()
    assert ours == pytest.approx(trl_dpo_loss(pairs, "sigmoid", divergence), rel=1e-5)


def test_alpha_leads_from_reverse_to_forward_kl() -> None:
    pair = one_pair(rejected=-7.0)
    low = divergences.alpha(pair, LossOptions(beta=0.5, alpha=1e-3))
    high = divergences.alpha(pair, LossOptions(beta=0.5, alpha=1 - 1e-4))
    torch.testing.assert_close(low, divergences.reverse_kl(pair, OPTIONS), rtol=1e-2, atol=0)
    torch.testing.assert_close(high, divergences.forward_kl(pair, OPTIONS), rtol=1e-2, atol=0)
