"""Points of curves: thinned, smoothed, put into bins."""

from __future__ import annotations

import random

import pytest

from training.curve_points import binned, is_noisy, moving_average, thin


def test_thinning_keeps_ends_and_extremes() -> None:
    points = [(float(i), 0.0) for i in range(10_000)]
    points[5000] = (5000.0, 99.0)
    points[7001] = (7001.0, -99.0)
    kept = thin(points, 400)
    assert len(kept) <= 400
    assert kept[0] == points[0]
    assert kept[-1] == points[-1]
    assert points[5000] in kept
    assert points[7001] in kept
    assert kept == sorted(kept)
    assert thin(points[:400], 400) == points[:400]


def test_noise_is_told_from_a_curve_and_from_what_stands_still() -> None:
    drawn = random.Random(3)
    noise = [(float(i), drawn.gauss(0, 1)) for i in range(200)]
    assert is_noisy(noise)
    assert not is_noisy(noise[:19])
    assert not is_noisy([(x, x**2) for x, _y in noise])
    assert not is_noisy([(x, 1.0) for x, _y in noise])


def test_a_moving_average_is_of_a_point_and_those_before_it() -> None:
    points = [(0, 1.0), (1, 3.0), (2, 5.0), (3, 1.0)]
    assert moving_average(points, 2) == [(0, 1.0), (1, 2.0), (2, 4.0), (3, 3.0)]
    assert moving_average(points, 10)[-1] == (3, 2.5)


def test_bins_are_means_of_stretches() -> None:
    points = [(float(i), float(i)) for i in range(10)]
    assert binned(points, most=4) == [(2.0, 1.0), (5.0, 4.0), (8.0, 7.0), (9.0, 9.0)]
    assert binned(points, most=10) == points
    assert sum(y for _x, y in binned([(0, 2.0), (1, 4.0)], 1)) == pytest.approx(3.0)
