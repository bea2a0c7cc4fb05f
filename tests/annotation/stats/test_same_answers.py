"""Sameness by hand, and pooled shares with intervals over items."""

import numpy as np
import pytest

from annotation.stats.bootstrap import bootstrap_ratio
from annotation.stats.coefficient import Resampling
from annotation.stats.rank_agreement import implied_agreement
from annotation.stats.same_answers import pooled, same_as_others

ITEMS = np.array([5, 5, 5, 9, 9, 7])
VALUES = np.array(["a", "a", "b", "b", "a", "b"])


def test_every_answer_is_held_against_the_others():
    same, others = same_as_others(ITEMS, VALUES)
    assert same.tolist() == [1, 1, 0, 0, 0, 0]
    assert others.tolist() == [2, 2, 2, 1, 1, 0]
    found = pooled(ITEMS, same, others)
    assert found.value == pytest.approx(2 / 8)
    assert (found.n_items, found.n_judgments) == (2, 5)


def test_a_reference_is_held_against_nobody():
    reference = [True, False, False, False, False, True]
    same, others = same_as_others(ITEMS, VALUES, reference=reference)
    assert same.tolist() == [0, 1, 0, 0, 0, 0]
    assert others.tolist() == [0, 1, 1, 0, 0, 0]


def test_pooled_over_all_is_the_agreement_of_implied_comparisons():
    rng = np.random.default_rng(3)
    item, labeler = np.repeat(np.arange(40), 3), np.tile(np.arange(3), 40)
    said = rng.integers(0, 2, 120)
    ours = pooled(item, *same_as_others(item, said))
    ranks = np.where(said[:, None] == 0, [1, 2], [2, 1])
    assert ours.value == pytest.approx(implied_agreement(item, labeler, ranks).value)


def test_the_interval_draws_whole_clusters():
    same, others = np.array([1.0, 1, 0, 0]), np.ones(4)
    found = pooled([0, 0, 1, 1], same, others, resampling=Resampling(500))
    assert (found.low, found.high) == bootstrap_ratio([2, 0], [2, 2], replicates=500)


def test_nobody_meets_anybody():
    found = pooled([0, 1], *same_as_others([0, 1], [1, 1]))
    assert found.value is None
    assert "two labelers" in found.reason
    empty = pooled([], *same_as_others([], []))
    assert empty.value is None
