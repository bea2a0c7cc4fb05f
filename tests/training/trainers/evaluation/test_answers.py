"""Figures of answers, by hand: rewards, gains, win rates, KL, entropy, length."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from training.trainers.evaluation.answers import Answer, answer_figures, win_rate
from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap

START = [
    Answer(
        prompt=f"p{n}", text=text, tokens=tokens, finished=finished, reward=reward,
        rewards={"length": reward}, unseen_reward=1.0, logp=-2.0 * tokens, kl_k1=0.0, kl_k3=0.0,
    )
    for n, (text, tokens, finished, reward) in enumerate(
        [("tea or rain", 3, True, 1.0), ("rain", 1, True, 0.0), ("a a a a a a", 6, False, 2.0)]
    )
]  # fmt: skip


def test_the_start_beside_itself() -> None:
    found = answer_figures(START, START)
    assert (found["reward"], found["reward_gain"], found["win_rate"]) == (1.0, 0.0, 0.5)
    assert (found["reward/length"], found["reward_deviation"]) == (1.0, pytest.approx(0.8165, 1e-3))
    assert (found["unseen_reward"], found["unseen_win_rate"]) == (1.0, 0.5)
    assert (found["kl"], found["kl_k3"], found["sqrt_kl"]) == (0.0, 0.0, 0.0)
    assert (found["entropy"], found["length"]) == (2.0, pytest.approx(10 / 3))
    assert found["finished"] == pytest.approx(2 / 3)
    assert found["repetition"] == pytest.approx((1 - 1 / 3) / 3)
    assert found["distinct_2"] == pytest.approx(3 / 7)


def test_gains_and_win_rates_are_on_the_same_prompts() -> None:
    later = [
        replace(START[0], reward=3.0, unseen_reward=0.5, kl_k1=1.0, kl_k3=2.0),
        replace(START[1], reward=0.0, unseen_reward=0.5, kl_k1=3.0, kl_k3=2.0),
        replace(START[2], reward=3.0, unseen_reward=2.0, kl_k1=8.0, kl_k3=2.0),
    ]
    found = answer_figures(later, START)
    assert (found["reward"], found["reward_gain"]) == (2.0, 1.0)
    assert found["win_rate"] == pytest.approx(2.5 / 3)
    assert found["unseen_win_rate"] == pytest.approx(1 / 3)
    assert (found["kl"], found["kl_k3"], found["sqrt_kl"]) == (4.0, 2.0, 2.0)
    assert found["reward_gain_low"] <= 1.0 <= found["reward_gain_high"]


def test_without_an_unseen_reward_nothing_is_said_of_it() -> None:
    alone = [replace(answer, unseen_reward=None) for answer in START]
    assert not [name for name in answer_figures(alone, alone) if "unseen" in name]


def test_an_estimate_below_zero_has_no_root_below_zero() -> None:
    below = [replace(answer, kl_k1=-1.0) for answer in START]
    assert answer_figures(below, START)["sqrt_kl"] == 0.0


def test_the_interval_of_a_win_rate_is_over_prompts_and_never_certain() -> None:
    rng = np.random.default_rng(3)
    draws = PromptBootstrap([str(n) for n in range(200)])
    found = win_rate(rng.normal(0.5, 1, 200), rng.normal(0, 1, 200), draws, "win_rate")
    half = (found["win_rate_high"] - found["win_rate_low"]) / 2
    share = found["win_rate"]
    assert half == pytest.approx(1.96 * math.sqrt(share * (1 - share) / 200), rel=0.15)
    always = win_rate(np.ones(200), np.zeros(200), draws, "win_rate")
    assert (always["win_rate"], always["win_rate_high"]) == (1.0, 1.0)
    assert 0.97 < always["win_rate_low"] < 1
