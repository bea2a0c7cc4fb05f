"""Coefficients beyond chance against published tables and a reference package."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from annotation.stats.agreement import krippendorff_alpha, percent_agreement
from annotation.stats.coefficient import Resampling
from annotation.stats.kappas import (
    brennan_prediger,
    cohen_kappa,
    cross_table,
    fleiss_kappa,
    gwet_ac1,
)
from tests.annotation.stats.published import KRIPPENDORFF_2011, long_format


def test_the_coefficients_that_irrcac_prints():
    answers = long_format(KRIPPENDORFF_2011)
    assert round(percent_agreement(*answers).value, 7) == 0.8181818
    assert round(gwet_ac1(*answers).value, 5) == 0.77544
    assert round(fleiss_kappa(*answers).value, 5) == 0.76117
    assert round(brennan_prediger(*answers).value, 5) == 0.77273
    assert round(krippendorff_alpha(*answers).value, 5) == 0.74342


def test_chance_of_two_categories_by_hand():
    # Two items of two: one agrees. Shares 3/4 and 1/4.
    answers = ([0, 0, 1, 1], [0, 1, 0, 1], ["a", "a", "a", "b"])
    assert gwet_ac1(*answers).value == pytest.approx((0.5 - 0.375) / (1 - 0.375))
    assert brennan_prediger(*answers).value == pytest.approx(0)
    assert fleiss_kappa(*answers).value == pytest.approx((0.5 - 0.625) / (1 - 0.625))


@pytest.mark.parametrize("coefficient", [gwet_ac1, brennan_prediger])
def test_what_is_undefined_has_a_reason(coefficient):
    assert "two labelers" in coefficient([0, 1], [0, 1], ["a", "b"]).reason
    assert "same" in coefficient([0, 0], [0, 1], ["a", "a"]).reason


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=40))
def test_cohen_equals_one_minus_the_ratio_of_disagreements(pairs):
    # As sklearn computes it: 1 - sum w observed / sum w expected.
    first, second = (np.array(column) for column in zip(*pairs, strict=True))
    table = cross_table(first, second)
    for weights, power in ((None, 0), ("linear", 1), ("quadratic", 2)):
        k = len(table)
        apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k))).astype(float)
        apart = (apart > 0).astype(float) if weights is None else apart**power
        expected = (apart * np.outer(table.sum(1), table.sum(0)) / table.sum()).sum()
        found = cohen_kappa(table, weights=weights)
        if expected == 0:
            assert found.value is None
        else:
            assert found.value == pytest.approx(1 - (apart * table).sum() / expected, abs=1e-9)


def test_the_interval_of_cohen_has_the_asked_confidence():
    found = cohen_kappa([[20, 5], [10, 15]], confidence=0.9)
    wider = cohen_kappa([[20, 5], [10, 15]])
    assert found.value == pytest.approx(0.4)
    ratio = (wider.high - wider.low) / (found.high - found.low)
    assert ratio == pytest.approx(norm.ppf(0.975) / norm.ppf(0.95))


@pytest.mark.parametrize("coefficient", [percent_agreement, fleiss_kappa, krippendorff_alpha])
def test_items_of_a_cluster_are_drawn_together(coefficient):
    # Each item four times over: drawn by themselves they feign four times the data.
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, 60)
    said = np.where(rng.random((60, 3)) < 0.75, truth[:, None], 1 - truth[:, None])
    item, labeler = np.repeat(np.arange(240), 3), np.tile(np.arange(3), 240)
    answers = (item, labeler, np.repeat(said, 4, axis=0).ravel())
    alone = coefficient(*answers, resampling=Resampling(400))
    whole = coefficient(*answers, clusters=item // 4, resampling=Resampling(400))
    once = coefficient(
        np.repeat(np.arange(60), 3),
        np.tile(np.arange(3), 60),
        said.ravel(),
        resampling=Resampling(400),
    )
    # Alpha corrects for the number of answers, so it is not quite that of the answers given once.
    assert whole.value == alone.value == pytest.approx(once.value, abs=0.01)
    assert whole.high - whole.low == pytest.approx(once.high - once.low, rel=0.2)
    assert (whole.high - whole.low) > 1.6 * (alone.high - alone.low)
