"""Calibration on planted Bradley-Terry truth, and a curve by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from training.trainers.evaluation.calibration import calibration, log_loss, temperature


def planted(pairs: int, *, seed: int, soft: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Log odds of Bradley-Terry strengths, and labels drawn (or posteriors) from them."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(scale=1.5, size=pairs)
    truth = expit(log_odds)
    target = truth if soft else (rng.random(pairs) < truth).astype(float)
    return log_odds, target


def names(count: int) -> list[str]:
    return [str(n) for n in range(count)]


def test_a_calibrated_model_is_found_to_be_one() -> None:
    log_odds, target = planted(8000, seed=0)
    found = calibration(log_odds, target, names(8000))
    assert found["error"] < 0.02
    assert found["error"] < 2 * found["error_if_calibrated"]
    assert found["temperature"] == pytest.approx(1.0, abs=0.06)
    inside = [b["observed_low"] <= b["predicted"] <= b["observed_high"] for b in found["bins"]]
    assert len(inside) == 10
    assert sum(inside) >= 8


@pytest.mark.parametrize(("scale", "heat"), [(3.0, 3.0), (0.4, 0.4)])
def test_a_wrong_temperature_shows(scale: float, heat: float) -> None:
    log_odds, target = planted(8000, seed=1)
    found = calibration(scale * log_odds, target, names(8000))
    assert found["error"] > 0.08
    assert found["error"] > 8 * found["error_if_calibrated"]
    assert found["temperature"] == pytest.approx(heat, rel=0.08)
    assert found["log_loss"] > log_loss(log_odds, target) + 0.02


def test_posteriors_serve_as_soft_labels() -> None:
    log_odds, target = planted(500, seed=2, soft=True)
    found = calibration(log_odds, target, names(500))
    assert found["error"] == pytest.approx(0, abs=1e-12)
    assert found["temperature"] == pytest.approx(1.0, abs=1e-3)


def test_a_curve_by_hand() -> None:
    log_odds = np.log(np.array([0.8 / 0.2, 0.8 / 0.2, 0.2 / 0.8, 0.58 / 0.42]))
    target = np.array([1.0, 0.0, 0.0, 1.0])
    found = calibration(log_odds, target, names(4))
    low, high = found["bins"]
    assert (low["low"], low["high"], low["pairs"]) == (0.55, pytest.approx(0.6), 1)
    assert (low["predicted"], low["observed"]) == (pytest.approx(0.58), 1.0)
    assert (high["pairs"], high["observed"]) == (3, pytest.approx(2 / 3))
    assert high["predicted"] == pytest.approx(0.8)
    assert found["error"] == pytest.approx(0.25 * 0.42 + 0.75 * (0.8 - 2 / 3))
    by_hand = -np.log([0.8, 0.2, 0.8, 0.58]).mean()
    assert found["log_loss"] == pytest.approx(by_hand)


def test_it_does_not_matter_which_response_is_called_the_first() -> None:
    log_odds, target = planted(300, seed=4)
    flip = np.random.default_rng(0).random(300) < 0.5
    one = calibration(log_odds, target, names(300))
    other = calibration(
        np.where(flip, -log_odds, log_odds), np.where(flip, 1 - target, target), names(300)
    )
    assert one["error"] == pytest.approx(other["error"])
    assert one["log_loss"] == pytest.approx(other["log_loss"])


def test_no_temperature_helps_scores_that_are_always_or_never_right() -> None:
    log_odds = np.array([1.0, 2.0, -1.0])
    right = np.array([1.0, 1.0, 0.0])
    assert temperature(log_odds, right) is None
    assert temperature(log_odds, 1 - right) is None


def test_scores_that_say_nothing_predict_a_half() -> None:
    found = calibration(np.zeros(4), np.ones(4), names(4))
    assert found["error"] == 0
    assert found["bins"][0]["predicted"] == 0.5
    assert found["log_loss"] == pytest.approx(np.log(2))
