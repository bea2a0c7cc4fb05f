"""Agreement within and between groups, by hand and against planted truth."""

from __future__ import annotations

import numpy as np
import pytest

from annotation.stats.group_agreement import (
    Agreement,
    agreement,
    apart,
    meetings,
    only,
    people_who_meet,
)


def of(rows, groups=2):
    unit, group, said = (np.array(column) for column in zip(*rows, strict=True))
    return meetings(unit, np.arange(unit.max() + 1), group, said, groups=groups)


def test_pairs_of_answers_are_counted_by_group():
    # Item 0: group 0 says 0 0 1, group 1 says 0 1; item 1: group 0 says 2, group 1 says 2.
    met = of([(0, 0, 0), (0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 0, 2), (1, 1, 2)])
    assert (met.same[0, 0, 0], met.all[0, 0, 0]) == (1, 3)
    assert (met.same[0, 1, 1], met.all[0, 1, 1]) == (0, 1)
    assert (met.same[0, 0, 1], met.all[0, 0, 1]) == (3, 6)
    assert (met.same[1, 0, 1], met.all[1, 0, 1]) == (1, 1)
    assert agreement(met, 0, 1).value == pytest.approx(4 / 7)


def test_answers_of_no_group_count_nowhere():
    met = of([(0, 0, 0), (0, -1, 0), (0, -1, 1)], groups=1)
    assert agreement(met, 0, 0) == Agreement(None, None, None)


def planted(differs, seed=1, items=400):
    """Six people in each of two groups; `differs` is whether the second prefers the opposite."""
    rng = np.random.default_rng(seed)
    rows = []
    for item in range(items):
        truth = rng.integers(2)
        for person in range(12):
            group = person // 6
            wanted = 1 - truth if differs and group else truth
            rows.append((item, group, wanted if rng.random() < 0.8 else 1 - wanted))
    return of(rows)


def test_groups_that_differ_are_told_apart_and_those_that_do_not_are_not():
    expected = 0.8**2 + 0.2**2
    within, between, gap = apart(planted(True))
    assert within.value == pytest.approx(expected, abs=0.02)
    assert between.value == pytest.approx(1 - expected, abs=0.02)
    assert gap.low > 0.3
    within, between, gap = apart(planted(False))
    assert gap.low < 0 < gap.high
    assert within.low < expected < within.high


def test_without_answers_that_meet_there_is_no_figure():
    met = of([(0, 0, 0), (1, 1, 0)])
    assert [found.value for found in apart(met)] == [None, None, None]


def test_people_are_counted_where_they_meet():
    # Item 0: people 1, 2 of group 0 and 5 of group 1; item 1: person 3 of group 0 alone.
    unit, labeler, group = np.array([0, 0, 0, 1]), np.array([1, 2, 5, 3]), np.array([0, 0, 1, 0])
    found = people_who_meet(unit, labeler, group, groups=2)
    assert (found[0, 0], found[0, 1], found[1, 1]) == (2, 1, 0)


def test_cells_can_be_left_out():
    met = planted(True)
    within, between, gap = apart(only(met, [(0, 0)]))
    assert within.value == agreement(met, 0, 0).value
    assert (between.value, gap.value) == (None, None)
