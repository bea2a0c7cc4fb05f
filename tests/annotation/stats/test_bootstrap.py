"""The bootstrap as sums of types, against drawing the items themselves; Wilson's interval."""

import time

import numpy as np
import pytest

from annotation.stats.bootstrap import (
    bootstrap_interval,
    bootstrap_ratio,
    clustered_bootstrap_mean,
    resampled_sums,
    wilson_interval,
)


def test_sums_have_the_mean_and_variance_of_drawing_with_replacement():
    rng = np.random.default_rng(0)
    for per_item in (rng.integers(0, 2, (300, 2)), rng.normal(size=(300, 2))):  # few types, many
        sums = resampled_sums(per_item, replicates=4000, seed=1)
        n = len(per_item)
        assert sums.shape == (4000, 2)
        spread = np.sqrt(n * np.var(per_item, axis=0))
        assert np.abs(sums.mean(0) - per_item.sum(0)).max() < 5 * spread.max() / np.sqrt(4000)
        assert sums.std(0) == pytest.approx(spread, rel=0.06)


def test_equal_rows_are_one_type_whatever_their_sign_of_zero():
    sums = resampled_sums(np.array([[0.0], [-0.0], [1.0]] * 10), replicates=50, seed=2)
    assert set(sums.ravel()) <= set(range(31))


def test_every_replicate_draws_as_many_items_as_there_are():
    for n, k in ((7, 7), (500, 500), (500, 2)):
        rows = np.column_stack([np.arange(n) % k, np.ones(n)])
        assert (resampled_sums(rows, replicates=20, seed=3)[:, 1] == n).all()


def test_seed_repeats():
    rows = np.random.default_rng(4).normal(size=(50, 2))
    assert (resampled_sums(rows, seed=5) == resampled_sums(rows, seed=5)).all()
    assert (resampled_sums(rows, seed=5) != resampled_sums(rows, seed=6)).any()


def test_ratio_interval_covers_the_truth_nineteen_times_in_twenty():
    rng = np.random.default_rng(6)
    covered = 0
    for seed in range(200):
        n = rng.integers(1, 6, 120)
        hits = rng.binomial(n, 0.3)
        low, high = bootstrap_ratio(hits, n, replicates=300, seed=seed)
        covered += low <= 0.3 <= high
    assert 0.88 <= covered / 200 <= 0.99


def test_clusters_widen_the_interval():
    values = np.repeat(np.random.default_rng(7).normal(size=30), 20)
    clustered = clustered_bootstrap_mean(values, np.repeat(np.arange(30), 20), seed=1)
    alone = clustered_bootstrap_mean(values, np.arange(600), seed=1)
    # 20 equal values a cluster: the standard error is sqrt(20) times that of 600 free values.
    widths = (clustered[1] - clustered[0]) / (alone[1] - alone[0])
    assert widths == pytest.approx(np.sqrt(20), rel=0.2)


def test_undefined_replicates_are_left_out_and_none_at_all_gives_no_interval():
    assert bootstrap_ratio([0, 0], [0, 0]) == (None, None)
    low, high = bootstrap_ratio([1, 0], [1, 0], replicates=50)
    assert (low, high) == (1.0, 1.0)
    assert clustered_bootstrap_mean([], []) == (None, None)


def test_wilson_values():
    # Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for successes, n, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = wilson_interval(successes, n)
        assert (round(found[0], 4), round(found[1], 4)) == (low, high)
    assert wilson_interval(0, 0) == (None, None)
    assert wilson_interval(5, 5)[1] == 1.0


def test_refusals():
    with pytest.raises(ValueError, match="0 <= successes"):
        wilson_interval(3, 2)
    with pytest.raises(ValueError, match="between 0 and 1"):
        wilson_interval(1, 2, confidence=95)
    with pytest.raises(ValueError, match="one row of numbers"):
        resampled_sums([1.0, 2.0])
    with pytest.raises(ValueError, match="at least 1"):
        resampled_sums([[1.0]], replicates=0)
    with pytest.raises(ValueError, match="one each"):
        clustered_bootstrap_mean([1.0, 2.0], [1])


def test_a_thousand_replicates_over_a_million_answers_take_seconds():
    table = np.random.default_rng(8).multinomial(5, [0.5, 0.3, 0.2], size=200_000)
    started = time.process_time()
    interval = bootstrap_interval(table, lambda sums: sums[:, 0] / sums.sum(axis=1))
    seconds = time.process_time() - started
    assert interval[0] < 0.5 < interval[1]
    assert seconds < 5  # 0.1 s on a laptop; the limit leaves room for a busy machine
