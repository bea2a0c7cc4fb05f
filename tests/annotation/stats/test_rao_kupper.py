"""One comparison: probabilities that sum to one, and derivatives against differences."""

import numpy as np
import pytest

from annotation.stats.rao_kupper import FIRST, SECOND, TIE, log_probability, slopes

X = np.linspace(-4, 4, 9)[None, :]
GUESS = np.array([0.4, 0.4, 0.2])


def chance(said, x=X, cut=0.7, lapse=0.1):
    answer = np.array([said])
    return np.exp(log_probability(answer, x, np.array([cut]), np.array([lapse]), GUESS))


def test_the_three_outcomes_are_all_there_is():
    total = sum(chance(said) for said in (FIRST, SECOND, TIE))
    assert total == pytest.approx(np.ones_like(X))


def test_by_hand_without_lapses():
    s = lambda v: 1 / (1 + np.exp(-v))  # noqa: E731
    x, c = np.array([[0.5]]), 0.7
    first, second = s(0.5 - c), s(-0.5 - c)
    assert chance(FIRST, x, c, 0.0) == pytest.approx(first)
    assert chance(SECOND, x, c, 0.0) == pytest.approx(second)
    assert chance(TIE, x, c, 0.0) == pytest.approx(1 - first - second)


def test_a_tie_speaks_for_closeness():
    ties = chance(TIE, lapse=0.0)[0]
    assert ties.argmax() == 4
    assert ties == pytest.approx(ties[::-1])


def test_where_nobody_looks_the_answer_says_nothing():
    assert chance(FIRST, lapse=1.0 - 1e-12) == pytest.approx(np.full_like(X, 0.4))


@pytest.mark.parametrize("said", [FIRST, SECOND, TIE])
def test_slopes_are_those_of_the_probability(said):
    answer, cut, lapse, h = np.array([said]), np.array([0.7]), np.array([0.1]), 1e-5

    def log_p(dx=0.0, dc=0.0):
        return log_probability(answer, X + dx, cut + dc, lapse, GUESS)

    found = slopes(answer, X, cut, lapse, GUESS)
    assert found.x == pytest.approx((log_p(h) - log_p(-h)) / (2 * h), abs=1e-7)
    assert found.c == pytest.approx((log_p(dc=h) - log_p(dc=-h)) / (2 * h), abs=1e-7)
    # The curvature holds fixed whether they looked; without lapses that is all of it.
    sure = np.array([0.0])
    plain = slopes(answer, X, cut, sure, GUESS)
    for curvature, (dx, dc) in ((plain.xx, (1, 0)), (plain.cc, (0, 1))):
        values = [
            log_probability(answer, X + k * dx * 1e-3, cut + k * dc * 1e-3, sure, GUESS)
            for k in (-1, 0, 1)
        ]
        assert curvature == pytest.approx((values[0] - 2 * values[1] + values[2]) / 1e-6, abs=1e-4)
