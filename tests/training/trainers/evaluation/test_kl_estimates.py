"""Both estimators find the KL of two known distributions, and one by hand."""

from __future__ import annotations

import numpy as np
import pytest

from training.trainers.evaluation.kl_estimates import k1, k3, kl_figures


def test_both_are_unbiased_on_planted_distributions() -> None:
    policy = np.array([0.5, 0.3, 0.15, 0.05])
    reference = np.array([0.25, 0.25, 0.25, 0.25])
    exact = float((policy * np.log(policy / reference)).sum())
    log_ratio = np.log(policy / reference)
    assert float(policy @ k1(log_ratio)) == pytest.approx(exact)
    assert float(policy @ k3(log_ratio)) == pytest.approx(exact)
    assert k3(log_ratio).min() >= 0
    drawn = np.random.default_rng(0).choice(4, size=20000, p=policy)
    # Two tokens to a response, two responses to a prompt.
    owners = np.arange(20000) // 2
    figures = kl_figures(log_ratio[drawn], owners, [str(n // 2) for n in range(10000)])
    for name in ("kl_k1", "kl_k3"):
        assert figures[name]["low"] < 2 * exact < figures[name]["high"]
    widths = {name: one["high"] - one["low"] for name, one in figures.items()}
    assert widths["kl_k3"] < widths["kl_k1"]
    assert figures["kl_per_token"]["value"] == pytest.approx(figures["kl_k3"]["value"] / 2)


def test_by_hand() -> None:
    log_ratio = np.array([np.log(2.0), 0.0, -np.log(2.0)])
    figures = kl_figures(log_ratio, np.array([0, 0, 1]), ["p", "q"], resamples=100)
    third = [0.5 - 1 + np.log(2), 0.0, 2 - 1 - np.log(2)]
    assert figures["kl_k1"]["value"] == pytest.approx(0.0)
    assert figures["kl_k3"]["value"] == pytest.approx(sum(third) / 2)
    assert figures["kl_per_token"]["value"] == pytest.approx(sum(third) / 3)


def test_a_policy_is_no_distance_from_itself() -> None:
    figures = kl_figures(np.zeros(4), np.array([0, 0, 1, 1]), ["p", "q"], resamples=100)
    assert all(one == {"value": 0, "low": 0, "high": 0} for one in figures.values())
