"""The bench of consensus: planted crowds are what they say, and its figures by hand."""

import numpy as np
import pytest

from bench import consensus
from bench.planted_crowds import CROWDS, GOOD, OPPOSITE, Crowd, alike, graded, ranked


@pytest.mark.parametrize("plant", [graded, alike, ranked])
def test_a_crowd_is_what_it_is_planted_as(plant):
    planted = plant(3, Crowd(tasks=400))
    found = planted.answers.comparisons
    assert len(planted.truth) == len(found.unit_task)
    right = found.said == planted.truth[found.unit]
    decided = planted.truth[found.unit] != 2
    of_sort = planted.sort[found.labeler]
    assert right[decided & (of_sort == GOOD)].mean() > 0.7
    assert right[decided & (of_sort == OPPOSITE)].mean() < 0.3
    assert 0.05 < (planted.truth == 2).mean() < 0.35
    # Nobody answers a task twice.
    keys = np.stack([found.unit, found.labeler])
    assert np.unique(keys, axis=1).shape[1] == len(found.unit)


@pytest.mark.parametrize("name", CROWDS)
def test_the_same_seed_gives_the_same_crowd(name):
    one, two = CROWDS[name](7), CROWDS[name](7)
    assert (one.truth == two.truth).all()
    assert (one.answers.comparisons.said == two.answers.comparisons.said).all()


def test_decisions_by_hand():
    counts = np.array([[2, 1, 0], [1, 2, 0], [1, 1, 1], [1, 0, 1], [0, 0, 3], [0.5, 0.4, 0.1]])
    assert consensus.decided(counts).tolist() == [0, 1, 2, 2, 2, 0]


def test_calibration_by_hand():
    stated = np.array([0.75, 0.75, 0.95, 0.95])
    hits = np.array([True, False, True, True])
    assert consensus.calibration([(stated, hits)]) == pytest.approx((0.5 + 0.1) / 4)


def test_weighing_beats_votes_on_a_crowd():
    planted = [graded(seed, Crowd(tasks=500)) for seed in (2000, 2001)]
    right, errors = consensus.measured(planted)
    assert np.mean(right["reliability"]) > np.mean(right["majority"])
    assert errors["reliability"] < errors["majority"]
