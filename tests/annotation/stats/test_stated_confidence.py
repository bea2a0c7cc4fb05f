"""Reliability curves: exact where truth is known, and corrected for those who err."""

import numpy as np
import pytest

from annotation.stats.stated_confidence import curve


def drawn(n=40_000, shift=0.0, accuracy=1.0):
    rng = np.random.default_rng(0)
    stated = rng.uniform(0.5, 1.0, n)
    holds = rng.random(n) < np.clip(stated + shift, 0, 1)
    right = rng.random(n) < accuracy
    return stated, np.where(right, holds, ~holds).astype(float), np.full(n, accuracy)


def test_by_hand():
    found = curve(np.full(40, 0.8), np.repeat([1.0, 0.0], [30, 10]))
    (only,) = found.bins
    assert (only.stated, only.right, only.n) == (pytest.approx(0.8), pytest.approx(0.75), 40)
    assert only.low < 0.75 < only.high
    assert found.error == pytest.approx(0.05)


def test_what_is_right_has_no_error():
    assert curve(*drawn()[:2]).error < 0.01


def test_too_much_confidence_is_seen():
    assert curve(*drawn(shift=-0.1)[:2]).error == pytest.approx(0.1, abs=0.015)


def test_the_errors_of_those_who_say_are_taken_out():
    stated, said, accuracy = drawn(accuracy=0.75)
    assert curve(stated, said).error > 0.08
    assert curve(stated, said, accuracy).error < 0.015


def test_somebody_who_guesses_tells_nothing():
    stated, said, accuracy = drawn(n=200, accuracy=0.5)
    found = curve(stated, said, accuracy)
    assert (found.bins, found.error, found.n) == ([], None, 0)


def test_few_cases_make_no_point():
    assert curve(np.full(5, 0.9), np.ones(5)).error is None
