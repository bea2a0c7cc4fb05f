"""Agreement of rankings against published values, scipy, and hand-computed cases."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from annotation.stats.agreement import Resampling, implied_agreement, kendall_tau_b, kendall_w
from tests.annotation.stats.published import SIEGEL_CASTELLAN

EXAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "agreement_examples"
NAN = float("nan")


def one_item(ranks):
    return np.zeros(len(ranks)), np.arange(len(ranks)), ranks


def test_w_of_siegel_and_castellan():
    assert kendall_w(*one_item(SIEGEL_CASTELLAN)).value == pytest.approx(0.65608, abs=5e-6)


def test_w_with_ties_of_the_anxiety_ratings():
    path = EXAMPLES / "irr_anxiety.csv"
    if not path.exists():
        pytest.skip("the anxiety ratings are not here")
    with path.open() as lines:
        rows = np.array(list(csv.reader(lines))[1:], dtype=float)
    # Three raters rank twenty subjects; W takes mid-ranks of the ratings.
    assert kendall_w(*one_item(rows.T)).value == pytest.approx(0.5396569, abs=5e-8)


def test_w_is_the_mean_over_items_with_two_rankings():
    same, opposite = [1, 2, 3], [3, 2, 1]
    found = kendall_w(
        ["x", "x", "y", "y", "z"], [0, 1, 0, 1, 0], [same, same, same, opposite, same]
    )
    assert found.value == pytest.approx(0.5)
    assert (found.n_items, found.n_judgments) == (2, 4)


@settings(max_examples=60, deadline=None)
@given(
    a=st.lists(st.integers(1, 4), min_size=4, max_size=4),
    b=st.lists(st.integers(1, 4), min_size=4, max_size=4),
)
def test_tau_b_equals_scipy(a, b):
    ours = kendall_tau_b(*one_item([a, b])).value
    if len(set(a)) == 1 or len(set(b)) == 1:
        assert ours is None
    else:
        assert ours == pytest.approx(kendalltau(a, b).statistic, abs=1e-12)


def test_tau_b_averages_pairs_within_items_and_then_items():
    first = [[1, 2, 3, 4], [1, 2, 4, 3], [2, 1, 3, 4]]
    second = [[1, 2, 3, NAN], [3, 2, 1, NAN]]
    pairs = [kendalltau(first[i], first[j]).statistic for i, j in ((0, 1), (0, 2), (1, 2))]
    found = kendall_tau_b([0, 0, 0, 1, 1], [0, 1, 2, 0, 1], [*first, *second])
    assert found.value == pytest.approx((np.mean(pairs) - 1) / 2)


def test_implied_comparisons_by_hand():
    # Of three comparisons the labelers share (1,2) and (1,3); the second ties (2,3).
    ranks = [[1, 2, 3], [1, 2, 2]]
    assert implied_agreement(*one_item(ranks)).value == pytest.approx(1.0)
    assert implied_agreement(*one_item(ranks), ties="count").value == pytest.approx(2 / 3)
    assert implied_agreement(*one_item([[1, 2, 3], [2, 1, 3]])).value == pytest.approx(2 / 3)


def test_implied_comparisons_interval_covers_the_planted_share():
    # Each labeler reverses the true order of two responses with probability 0.2.
    rng = np.random.default_rng(2)
    n = 600
    flipped = rng.random(2 * n) < 0.2
    ranks = np.where(flipped[:, None], [2, 1], [1, 2])
    found = implied_agreement(
        np.repeat(np.arange(n), 2), np.tile([0, 1], n), ranks, resampling=Resampling(500)
    )
    assert found.low < 0.8**2 + 0.2**2 < found.high
    assert found.high - found.low < 0.1


@pytest.mark.parametrize("coefficient", [kendall_w, kendall_tau_b, implied_agreement])
def test_undefined_rankings_have_a_reason(coefficient):
    tied = coefficient(*one_item([[1, 1, 1], [1, 1, 1]]))
    assert tied.value is None
    assert "ties all" in tied.reason
    alone = coefficient([0, 1], [0, 0], [[1, 2], [2, 1]])
    assert alone.value is None
    assert "two labelers" in alone.reason


def test_refusals():
    with pytest.raises(ValueError, match="different responses"):
        kendall_w([0, 0], [0, 1], [[1, 2, NAN], [1, NAN, 2]])
    with pytest.raises(ValueError, match="one row of K ranks"):
        kendall_w([0, 0], [0, 1], [1, 2])
    with pytest.raises(ValueError, match="twice"):
        kendall_tau_b([0, 0], [1, 1], [[1, 2], [2, 1]])
