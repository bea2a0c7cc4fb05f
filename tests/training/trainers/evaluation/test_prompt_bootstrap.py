"""Draws over prompts: what they resample, how wide they are, and what they do when all agree."""

from __future__ import annotations

import numpy as np
import pytest

from training.trainers.evaluation import prompt_bootstrap
from training.trainers.evaluation.prompt_bootstrap import PromptBootstrap, wilson


def test_sums_are_over_prompts_and_draws_keep_prompts_whole() -> None:
    draws = PromptBootstrap(["a", "b", "a"], resamples=500)
    columns = np.array([[1.0, 10.0], [2.0, 0.0], [4.0, 10.0]])
    found, drawn = draws.sums(columns)
    assert found.tolist() == [7.0, 20.0]
    assert {tuple(row) for row in drawn} == {(10.0, 40.0), (7.0, 20.0), (4.0, 0.0)}


def test_the_standard_error_of_a_mean_comes_out() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=400)
    draws = PromptBootstrap([str(n) for n in range(400)], resamples=2000)
    mean, low, high = draws.ratio(values, np.ones(400), shares=False)
    half = 1.96 * values.std() / 20
    assert mean == pytest.approx(values.mean())
    assert low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_a_part_of_the_items_is_drawn_with_its_own_prompts() -> None:
    right = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 0.0])
    here = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    draws = PromptBootstrap(list("abcdef"), resamples=400)
    both = draws.ratios(
        np.stack([right * here, right], axis=1), np.stack([here, np.ones(6)], axis=1)
    )
    assert [round(value, 3) for value, _, _ in both] == [0.667, 0.5]
    assert all(0 <= low < value < high <= 1 for value, low, high in both)


def test_when_all_agree_the_interval_is_wilsons() -> None:
    draws = PromptBootstrap(["a", "b", "b", "c"])
    assert draws.ratio(np.ones(4), np.ones(4)) == (1.0, *wilson(1.0, 3))
    mean, low, high = draws.ratio(np.ones(4), np.ones(4), shares=False)
    assert mean == low == high == 1.0


def test_wilsons_interval_is_that_of_the_textbook() -> None:
    low, high = wilson(0.5, 10)
    assert (round(low, 4), round(high, 4)) == (0.2366, 0.7634)
    low, high = wilson(1.0, 20)
    assert (round(low, 4), high) == (0.8389, 1.0)


def test_draws_are_the_same_whether_they_are_kept_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).normal(size=30)
    names = [str(n % 10) for n in range(30)]
    kept = PromptBootstrap(names, resamples=250).ratio(values, np.ones(30), shares=False)
    monkeypatch.setattr(prompt_bootstrap, "MOST_KEPT", 0)
    again = PromptBootstrap(names, resamples=250)
    assert [again.ratio(values, np.ones(30), shares=False) for _ in range(2)] == [kept, kept]


def test_very_many_prompts_get_fewer_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_bootstrap, "MOST_DRAWN", 3000)
    assert PromptBootstrap(["a"], resamples=2000).resamples == 2000
    assert PromptBootstrap([str(n) for n in range(10)], resamples=2000).resamples == 300
    assert PromptBootstrap([str(n) for n in range(100)], resamples=2000).resamples == 200


def test_few_prompts_get_a_wider_interval_than_plain_percentiles() -> None:
    draws = PromptBootstrap(list("abcde"), resamples=4000)
    values = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    _, low, high = draws.ratio(values, np.ones(5), shares=False)
    drawn = draws.sums(values[:, None])[1][:, 0] / 5
    plain = np.quantile(drawn, [0.025, 0.975])
    assert low < plain[0]
    assert high > plain[1]
