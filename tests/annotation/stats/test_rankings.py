"""Plackett-Luce against an independent maximum, weak orders against brute force."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.stats.bradley_terry import bradley_terry
from annotation.stats.rankings import implied_comparisons, plackett_luce, weak_order

NAN = float("nan")


def log_likelihood(strength, orders):
    """Plackett and Luce's, written out: orders are lists of (weight, best to worst)."""
    total = 0.0
    for weight, order in orders:
        for k in range(len(order) - 1):
            left = strength[list(order[k:])]
            total += weight * (left[0] - np.logaddexp.reduce(left))
    return total


def gradient(function, at, step=1e-6):
    return [
        (function(at + step * unit) - function(at - step * unit)) / (2 * step)
        for unit in np.eye(len(at))
    ]


def test_choix_rankings():
    # 0>1>2, 3>2>0, 1>3. The printed numbers of choix stop 3e-5 short of the maximum.
    found = plackett_luce([[0, 1, 2], [3, 2, 0], [1, 3, -1]], [[1, 2, 3], [1, 2, 3], [1, 2, NAN]])
    assert found.strength == pytest.approx(
        [-0.44328117, 0.69506219, -0.67061442, 0.4188334], abs=5e-5
    )
    orders = [(1, [0, 1, 2]), (1, [3, 2, 0]), (1, [1, 3])]
    assert found.log_likelihood == pytest.approx(log_likelihood(found.strength, orders))
    assert gradient(lambda x: log_likelihood(x, orders), found.strength) == pytest.approx(
        [0] * 4, abs=1e-7
    )


def test_a_tie_is_the_mean_over_its_orders():
    items = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 1, 3]]
    ranks = [[1, 2, 2, 2], [1, 1, 3, 4], [1, 2, 3, 4]]
    orders = [(1 / 6, (0, *rest)) for rest in itertools.permutations([1, 2, 3])]
    orders += [(0.5, (3, 2, 1, 0)), (0.5, (2, 3, 1, 0)), (1, (2, 0, 1, 3))]
    found = plackett_luce(items, ranks)
    assert found.log_likelihood == pytest.approx(log_likelihood(found.strength, orders))
    assert gradient(lambda x: log_likelihood(x, orders), found.strength) == pytest.approx(
        [0] * 4, abs=1e-7
    )


def test_pairs_give_bradley_terry_with_its_prior_and_errors():
    first, second = [0, 0, 1, 2, 0], [1, 1, 2, 0, 2]
    for prior in (0.0, 1.0):
        pairs = bradley_terry(first, second, [1, 1, 1, 1, 0.5], prior=prior)
        ranked = plackett_luce(
            list(zip(first, second, strict=True)), [[1, 2]] * 4 + [[1, 1]], prior=prior
        )
        assert ranked.strength == pytest.approx(pairs.strength, abs=1e-8)
        assert ranked.covariance == pytest.approx(pairs.covariance, abs=1e-8)
        assert ranked.log_likelihood == pytest.approx(pairs.log_likelihood)


def test_planted_strengths_lie_within_two_standard_errors():
    rng = np.random.default_rng(4)
    truth = np.linspace(-1.5, 1.5, 8)
    covered = []
    for _ in range(20):
        items = np.array([rng.permutation(8)[:4] for _ in range(300)])
        noisy = truth[items] + rng.gumbel(size=items.shape)  # Gumbel noise makes Plackett-Luce
        ranks = 1 + (-noisy).argsort(axis=1).argsort(axis=1)
        found = plackett_luce(items, ranks)
        covered += list(np.abs(found.strength - truth) < 1.96 * found.standard_error)
    assert 0.89 <= np.mean(covered) <= 0.99


def test_one_ranking_needs_the_prior():
    with pytest.raises(ValueError, match="give prior=1"):
        plackett_luce([[0, 1, 2]], [[1, 2, 3]])
    found = plackett_luce([[0, 1, 2]], [[1, 2, 3]], prior=1)
    assert found.strength[0] > found.strength[1] > found.strength[2]
    assert found.log_likelihood == pytest.approx(log_likelihood(found.strength, [(1, [0, 1, 2])]))


def test_a_ranking_that_ties_all_says_they_are_equal():
    found = plackett_luce([range(9)], [[1] * 9])
    assert found.strength == pytest.approx([0] * 9, abs=1e-9)
    assert found.log_likelihood == pytest.approx(-math.log(math.factorial(9)))


def test_implied_comparisons():
    assert implied_comparisons([1, 2, 2]) == [(0, 1, 1), (0, 2, 1), (1, 2, 0)]
    assert implied_comparisons([4, 1]) == [(0, 1, -1)]


@pytest.mark.parametrize(
    ("k", "comparisons", "ranks"),
    [
        (3, [(0, 1, 1), (1, 2, 1), (0, 2, 1)], [1, 2, 3]),
        (3, [(0, 1, 1), (1, 2, 1)], [1, 2, 3]),  # the third follows
        (4, [(0, 1, 0), (2, 3, 1), (0, 3, 1), (2, 0, 1), (1, 2, -1), (1, 3, 1)], [2, 2, 1, 4]),
        (3, [(0, 1, 0), (1, 2, 0), (0, 2, 0)], [1, 1, 1]),
        (3, [(0, 1, 1), (1, 2, 1), (0, 2, -1)], None),  # a cycle
        (3, [(0, 1, 0), (1, 2, 0), (0, 2, 1)], None),  # equal to an equal, yet better
        (3, [(0, 1, 1)], None),  # nothing is known of the third
        (3, [(0, 1, 1), (0, 2, 1)], None),  # nothing is known between the last two
        (2, [(0, 1, 1), (0, 1, -1)], None),
        (1, [], [1]),
    ],
)
def test_weak_orders(k, comparisons, ranks):
    assert weak_order(k, comparisons) == ranks


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([-1, 0, 1]), min_size=6, max_size=6))
def test_weak_order_of_four_equals_brute_force(signs):
    comparisons = [
        (i, j, sign)
        for (i, j), sign in zip(itertools.combinations(range(4), 2), signs, strict=True)
    ]
    fitting = [
        levels
        for levels in itertools.product(range(4), repeat=4)
        if [s for *_, s in implied_comparisons(levels)] == signs
    ]
    expected = None
    if fitting:
        expected = [1 + sum(other < level for other in fitting[0]) for level in fitting[0]]
    assert weak_order(4, comparisons) == expected


def test_refusals():
    with pytest.raises(ValueError, match=r"two of 0\.\.2"):
        weak_order(3, [(0, 3, 1)])
    with pytest.raises(ValueError, match="give each item once"):
        plackett_luce([[1, 1]], [[1, 2]])
    with pytest.raises(ValueError, match="differ"):
        plackett_luce([[1, 2, 3]], [[1, 2]])
