"""The parts of the sequential evidence, against hand-computed numbers and simulation."""

import numpy as np
import pytest

from annotation.stats.falling import (
    average_run_length,
    cusum,
    log_ratios,
    own_levels,
    poor_level,
    reliabilities,
    share_right,
    threshold_for,
    usual_level,
    usual_steps,
)


def test_evidence_of_one_answer_by_hand():
    # Gold: log(0.6 / 0.9) where right, log(0.4 / 0.1) where wrong; unsure others say nothing.
    found = log_ratios(np.array([1.0, 0.0, 0.5, 0.8]), 0.9, 0.6)
    by_hand = [np.log(0.6 / 0.9), np.log(4), 0.0]
    by_hand.append(np.log((0.8 * 0.6 + 0.2 * 0.4) / (0.8 * 0.9 + 0.2 * 0.1)))
    assert found == pytest.approx(by_hand)


def test_the_sum_never_falls_below_zero():
    assert cusum([1, -3, 2, 1, -1, -5, 4]).tolist() == [1, 0, 2, 3, 2, 0, 4]
    assert cusum([]).tolist() == []


def test_an_answer_has_no_part_in_what_the_others_say_of_it():
    unit, labeler = np.array([0, 0, 0, 1]), np.array([0, 1, 2, 0])
    said, gold = np.array([1, 1, 0, 1]), np.array([-1, -1, -1, 0])
    accuracy, right = reliabilities(unit, labeler, said, gold)
    odds = accuracy / (1 - accuracy)
    assert right[0] == pytest.approx(1 / (1 + odds[2] / odds[1]))
    assert right[2] == pytest.approx(1 / (1 + odds[0] * odds[1]))
    assert right[3] == 0.0
    alone, by_others = reliabilities(*(np.array([value]) for value in (0, 0, 1, -1)))
    assert by_others.tolist() == [0.5]
    assert alone[0] == pytest.approx(2 / 3, abs=0.1)


def test_planted_reliabilities_are_found():
    rng = np.random.default_rng(0)
    true = np.array([0.95, 0.85, 0.75, 0.65, 0.5])
    truth = rng.integers(2, size=1500)
    unit, labeler = np.repeat(np.arange(1500), 5), np.tile(np.arange(5), 1500)
    said = np.where(rng.random(7500) < true[labeler], truth[unit], 1 - truth[unit])
    accuracy, right = reliabilities(unit, labeler, said, np.full(7500, -1))
    assert accuracy == pytest.approx(true, abs=0.03)
    shares = [share_right(right[labeler == who]) for who in range(5)]
    assert [share.value for share in shares] == pytest.approx(true, abs=0.03)
    assert all(s.low - 0.01 <= t <= s.high + 0.01 for s, t in zip(shares, true, strict=True))


def test_a_share_by_unsure_others_is_not_pulled_to_a_half():
    # Nine of ten answers go with others who are sure to 80%: 0.8 a + 0.2 (1 - a) = 0.9 at a > 1.
    assert share_right(np.array([0.8] * 9 + [0.2])).value == 1.0
    assert share_right(np.array([0.9] * 7 + [0.1] * 3)).value == pytest.approx(0.75)
    share = share_right(np.array([1.0] * 8 + [0.0] * 2))
    assert (share.value, share.n) == (0.8, 10.0)
    assert share_right(np.array([0.5] * 100)).value is None


def test_the_usual_level_is_not_set_by_a_careless_third():
    accuracy = np.array([0.5, 0.5, 0.84, 0.85, 0.86, 0.9])
    assert usual_level(accuracy, np.full(6, 100)) == 0.84
    assert usual_level(accuracy, np.array([1, 1, 100, 100, 100, 100])) == 0.85
    assert poor_level(0.9, 0.25) == pytest.approx(0.6)


def test_run_length_equals_simulation():
    rng = np.random.default_rng(0)
    steps = log_ratios((rng.random(4000) < 0.8).astype(float), 0.8, 0.6)
    lengths = []
    for _ in range(400):
        path = cusum(rng.choice(steps, size=4000))
        beyond = np.flatnonzero(path >= 3.0)
        lengths.append(beyond[0] + 1 if len(beyond) else 4000)
    assert average_run_length(steps, 3.0) == pytest.approx(np.mean(lengths), rel=0.15)


def test_run_length_of_a_sum_that_only_climbs():
    assert average_run_length(np.array([1.0]), 4.0) == pytest.approx(4, abs=1)
    assert average_run_length(np.array([-1.0]), 4.0) == float("inf")


def test_the_threshold_gives_the_wanted_rate():
    rng = np.random.default_rng(1)
    right = np.where(rng.random(6000) < 0.1, 1.0, rng.choice([0.95, 0.5, 0.8], size=6000))
    steps = usual_steps(right, np.ones(6000), np.arange(6000), 0.85, 0.57)
    threshold = threshold_for(steps, wanted=1000)
    assert 2.0 < threshold < np.log(1000)
    # Rounding to cells makes the curve a staircase; the threshold is on the safe side of it.
    assert 1000 <= average_run_length(steps, threshold) < 1300
    assert threshold_for(np.zeros(0), wanted=1000) == pytest.approx(np.log(1000))


def test_ones_own_past_counts_once_there_is_some():
    right = np.array([1.0] * 60 + [0.0] * 40)
    level = own_levels(right, np.ones(100), 0.7, after=30, prior=20)
    assert np.isnan(level[:30]).all()
    assert level[30] == pytest.approx((30 + 0.7 * 20) / 50)
    assert level[60] == pytest.approx((60 + 14) / 80)
    assert level[99] < level[60]
