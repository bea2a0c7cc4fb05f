"""Habits in choosing: planted ones are seen with honest intervals, and honest people raise none."""

import numpy as np
import pytest
from scipy.stats import binom

from annotation.stats import habits

RNG = np.random.default_rng


def test_the_quantile_of_fair_throws_is_that_of_scipy():
    for n in (10, 11, 39, 40, 41, 1000, 99_999):
        for share in (0.025, 0.3, 0.71):
            assert habits._fair_quantile(share, n) == binom.ppf(share, n, 0.5)


def test_half_the_time_of_the_others_is_a_ratio_of_a_half():
    rng = RNG(0)
    others = rng.lognormal(3, 0.5, 200)
    found = habits.speed(others * 0.5 * rng.lognormal(0, 0.2, 200), others, np.full(200, 0.1))
    assert found.low < 0.5 < found.high
    assert found.high - found.low < 0.1
    assert not found.raised


def test_who_answers_before_reading_is_seen():
    seconds = np.array([1.0] * 15 + [30.0] * 35)
    found = habits.speed(seconds, np.full(50, 25.0), np.full(50, 5.0))
    assert (found.raised, found.counts["unread"], found.counts["unread_share"]) == (True, 15, 0.3)
    assert set(found.rows) == set(range(15))
    slow = habits.speed(np.full(50, 8.0), np.full(50, 30.0), np.full(50, 5.0))
    assert slow.raised
    assert slow.value == pytest.approx(8 / 30)


def test_unknown_times_and_few_answers_say_nothing():
    assert habits.speed(np.full(50, np.nan), np.ones(50), np.ones(50)).value is None
    alone = habits.speed(np.full(50, 9.0), np.full(50, np.nan), np.ones(50))
    assert (alone.value, alone.raised, alone.counts["median_seconds"]) == (None, False, 9.0)


def test_skimming_takes_three_times_the_pace_of_reading():
    assert habits.time_to_skim(700, 0) == 10
    assert habits.time_to_skim(0, 250) == 10
    assert habits.time_to_skim(10**6, 0) == habits.LONGEST_READING


def test_always_left_is_a_position_and_a_straight_line():
    place = np.zeros(40, dtype=int)
    found = habits.position(place, np.full(40, 2))
    assert (found.raised, found.value, found.usual) == (True, 1.0, 0.5)
    assert found.low == pytest.approx(0.912, abs=0.001)
    line = habits.straight_lining(place)
    assert (line.raised, line.counts["longest_run"]) == (True, 40)


def test_fair_choosers_raise_neither():
    raised = 0
    for seed in range(300):
        place = RNG(seed).integers(2, size=200)
        raised += habits.position(place, np.full(200, 2)).raised
        raised += habits.straight_lining(place).raised
    assert raised <= 1


def test_chance_is_by_how_many_there_were():
    place = RNG(1).integers(4, size=400)
    found = habits.position(place, np.full(400, 4))
    assert found.usual == 0.25
    assert found.low < 0.25 < found.high


def test_blocks_of_the_same_place_are_too_few_runs():
    place = np.repeat([0, 1] * 5, 8)
    found = habits.straight_lining(place)
    assert found.raised
    assert found.value == pytest.approx(70 / 79)
    assert not habits.straight_lining(np.tile([0, 1], 40)).raised


def test_the_odds_of_few_runs_equal_simulation():
    place = np.array([0] * 30 + [1] * 20)
    rng = RNG(0)
    runs = np.array([(np.diff(rng.permutation(place)) != 0).sum() + 1 for _ in range(20_000)])
    for limit in (18, 22, 26):
        exact = (runs <= limit).mean()
        assert habits._odds_of_so_few_runs(place, limit) == pytest.approx(exact, abs=0.01)


def test_length_is_held_against_the_others_on_the_same_items():
    rng = RNG(0)
    others = np.full(200, 0.7)
    as_all = habits.length(rng.random(200) < 0.7, others)
    assert not as_all.raised
    assert as_all.usual == pytest.approx(0.7)
    always = habits.length(np.ones(200, dtype=bool), others)
    assert always.raised
    assert always.counts["difference"] == pytest.approx(0.3)
    alone = habits.length(np.ones(60, dtype=bool), np.full(60, np.nan))
    assert (alone.raised, alone.usual) == (True, None)


def test_who_always_ties_is_seen_beside_the_others():
    assert habits.undecided(np.ones(40, dtype=bool), np.full(40, 0.1)).raised
    assert not habits.undecided(np.arange(40) % 10 == 0, np.full(40, 0.1)).raised
    assert habits.undecided(np.ones(40, dtype=bool), np.full(40, np.nan)).value is None
