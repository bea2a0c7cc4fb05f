"""KL of what was drawn (line 8), divergences of whole distributions, and their mutual relations."""

from __future__ import annotations

import math

import pytest
import torch

from training.trainers.reinforcement.divergences import entropy, full_divergence, k1

P, Q = torch.tensor([0.7, 0.2, 0.1]), torch.tensor([0.2, 0.3, 0.5])
LOG_P, LOG_Q = P.log()[None], Q.log()[None]


def test_line_8_k1_of_two_tokens_by_hand_and_unclamped() -> None:
    logps = torch.tensor([math.log(0.5), math.log(0.001)])
    reference = torch.tensor([math.log(0.25), math.log(0.9)])
    found = k1(logps, reference)
    assert found.tolist() == pytest.approx([math.log(2), math.log(0.001 / 0.9)])
    assert float(found[1]) < -6


def test_k1_is_on_average_the_reverse_kl() -> None:
    mean = float((P * k1(LOG_P[0], LOG_Q[0])).sum())
    assert mean == pytest.approx(float(full_divergence("reverse_kl", LOG_P, LOG_Q)), abs=1e-6)


@pytest.mark.parametrize("kind", ["reverse_kl", "forward_kl", "js", "alpha"])
def test_a_divergence_is_the_mean_of_its_f_and_0_only_for_equals(kind: str) -> None:
    ratio, a = P / Q, 0.3
    f = {
        "reverse_kl": ratio * ratio.log(),
        "forward_kl": -ratio.log(),
        "js": ratio * ratio.log() - (1 + ratio) * ((1 + ratio) / 2).log(),
        "alpha": (ratio ** (1 - a) - (1 - a) * ratio - a) / (a * (a - 1)),
    }[kind]
    found = float(full_divergence(kind, LOG_P, LOG_Q, alpha=a))
    assert found == pytest.approx(float((Q * f).sum()), abs=1e-6)
    assert found > 0
    assert float(full_divergence(kind, LOG_P, LOG_P, alpha=a)) == pytest.approx(0, abs=1e-6)


def test_alpha_near_0_is_the_reverse_kl_and_near_1_the_forward_one() -> None:
    near = {a: float(full_divergence("alpha", LOG_P, LOG_Q, alpha=a)) for a in (0.001, 0.999)}
    assert near[0.001] == pytest.approx(
        float(full_divergence("reverse_kl", LOG_P, LOG_Q)), rel=0.01
    )
    assert near[0.999] == pytest.approx(
        float(full_divergence("forward_kl", LOG_P, LOG_Q)), rel=0.01
    )


def test_entropy_is_that_of_the_distribution() -> None:
    assert float(entropy(torch.full((1, 8), 1 / 8).log())) == pytest.approx(math.log(8))
    assert float(entropy(LOG_P)) == pytest.approx(-float((P * P.log()).sum()))


def test_an_unknown_divergence_is_refused() -> None:
    with pytest.raises(ValueError, match="chi"):
        full_divergence("chi", LOG_P, LOG_Q)
