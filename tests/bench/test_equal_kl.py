"""Reading curves at equal KL, and best-of-n from a pool."""

import itertools
import math
from statistics import fmean

import pytest

from bench.equal_kl import best_of_n, best_of_n_kl, read_at, spread_of


def test_between_points_the_root_of_the_kl_counts() -> None:
    """Between 1 and 9 nats, 4 nats lie half-way: roots 1, 2 and 3."""
    reading = read_at([(9.0, 4.0), (1.0, 2.0)], 4.0)
    assert (reading.value, reading.kl, reading.reached) == (3.0, 4.0, True)


def test_a_curve_is_never_read_beyond_its_ends() -> None:
    curve = [(0.0, 1.0), (4.0, 3.0), (9.0, 2.0)]
    beyond, before = read_at(curve, 16.0), read_at([(4.0, 3.0), (9.0, 2.0)], 1.0)
    assert (beyond.value, beyond.kl, beyond.reached) == (2.0, 9.0, False)
    assert (before.value, before.kl, before.reached) == (3.0, 4.0, False)


def test_a_kl_below_zero_is_noise() -> None:
    assert read_at([(-0.01, 1.0), (1.0, 2.0)], 0.25).value == pytest.approx(1.5)


def test_an_empty_curve_is_refused() -> None:
    with pytest.raises(ValueError, match="without points"):
        read_at([], 1.0)


def test_the_interval_over_seeds() -> None:
    """t(0.975, 2) = 4.3027 times the deviation 1 over the root of 3."""
    spread = spread_of([1.0, 2.0, 3.0])
    assert spread.mean == 2.0
    assert (spread.low, spread.high) == pytest.approx((2 - 2.48414, 2 + 2.48414), abs=1e-4)
    assert spread_of([1.5]).low == spread_of([1.5]).high == 1.5


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_best_of_n_is_the_mean_over_all_subsets(n: int) -> None:
    rewards, truth = [0.3, -1.0, 2.0, 0.9, 0.1], [1.0, 2.0, -3.0, 4.0, 0.5]
    subsets = list(itertools.combinations(range(5), n))
    expected = fmean(truth[max(some, key=lambda i: rewards[i])] for some in subsets)
    found = best_of_n(rewards, {"truth": truth, "reward": rewards}, n)
    assert found["truth"] == pytest.approx(expected)
    assert found["reward"] == pytest.approx(fmean(max(rewards[i] for i in s) for s in subsets))


def test_more_than_the_pool_is_refused() -> None:
    with pytest.raises(ValueError, match="between 1 and the 2 responses"):
        best_of_n([0.0, 1.0], {}, 3)


def test_the_kl_of_best_of_n() -> None:
    assert best_of_n_kl(1) == 0.0
    assert best_of_n_kl(4) == pytest.approx(math.log(4) - 0.75)
