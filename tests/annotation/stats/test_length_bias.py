"""Length bias against planted slopes, by hand, and where nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from annotation.stats import length_bias
from annotation.stats.length_bias import EDGES, NOTHING


def planted(b, n=4000, seed=3):
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1.2, n)
    points = (rng.random(n) < 1 / (1 + np.exp(-b * x))).astype(float)
    return x, points, np.arange(n)


@pytest.mark.parametrize("b", [0.0, 0.5, -1.0])
def test_the_planted_slope_is_found(b):
    found = length_bias.slope(*planted(b))
    assert found.low < b < found.high
    assert found.high - found.low < 0.25


def test_the_slope_maximizes_the_likelihood():
    x, points, clusters = planted(0.5, n=300)
    points[::7] = 0.5

    def loss(b):
        p = 1 / (1 + np.exp(-b * x))
        virtual = 1 / (1 + np.exp(-b))
        return -(points * np.log(p) + (1 - points) * np.log(1 - p)).sum() - 0.5 * (
            np.log(virtual) + np.log(1 - virtual)
        )

    best = minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-9}).x
    assert length_bias.slope(x, points, clusters).value == pytest.approx(best, abs=1e-5)


def test_intervals_hold_what_they_say():
    inside = 0
    for seed in range(200):
        found = length_bias.slope(*planted(0.4, n=200, seed=seed))
        inside += found.low < 0.4 < found.high
    assert inside / 200 == pytest.approx(0.95, abs=0.05)


def test_answers_that_fall_together_widen_the_interval():
    x, points, clusters = planted(0.5, n=500)
    alone = length_bias.slope(x, points, clusters)
    together = length_bias.slope(*(np.repeat(a, 4) for a in (x, points, clusters)))
    assert together.value == pytest.approx(alone.value, abs=0.01)
    assert together.high - together.low == pytest.approx(alone.high - alone.low, rel=0.05)


def test_where_the_longer_always_wins_the_slope_is_finite():
    x = np.array([1.0, -1.0, 2.0])
    assert 0 < length_bias.slope(x, np.array([1.0, 0.0, 1.0]), np.arange(3)).value < 10


def test_the_share_takes_the_widest_interval_and_ties_as_half():
    points = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.5])
    found = length_bias.share(points, np.arange(6), np.array([0, 0, 0, 0, 1, 1]))
    assert found.value == pytest.approx(4.5 / 6)
    assert (found.low, found.high) == (0.25, 1.0)
    assert length_bias.share([], []) == NOTHING


def test_the_curve_is_about_the_longer_one():
    x = np.log2([1.05, 1 / 1.05, 4.0, 1 / 4.0, 100.0])
    points = np.array([1.0, 0.0, 1.0, 1.0, 0.0])
    found = length_bias.curve(x, points, np.arange(5))
    assert len(found) == len(EDGES)
    assert [(bin_.value, bin_.n) for bin_ in found if bin_.n] == [(1.0, 2), (0.5, 2), (0.0, 1)]
