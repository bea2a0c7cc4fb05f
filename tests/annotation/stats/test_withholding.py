"""Small cells are held back, and cannot be had by subtraction either."""

from __future__ import annotations

import itertools

import pytest

from annotation.stats.withholding import LEAST, shown_cells


@pytest.mark.parametrize(
    ("people", "shown"),
    [
        ({"a": 5, "b": 9}, {"a", "b"}),
        # One small cell alone is total minus the rest: the next smallest goes as well.
        ({"a": 2, "b": 7, "c": 30}, {"c"}),
        # Two with three people together are a group of three.
        ({"a": 2, "b": 1, "c": 6, "d": 30}, {"d"}),
        ({"a": 4, "b": 4, "c": 6}, {"c"}),
        ({"a": 4, "b": 50}, set()),
        ({"a": 4}, set()),
        ({}, set()),
        # Where nobody is, nobody is known.
        ({"a": 0, "b": 9}, {"b"}),
        ({"a": 0, "b": 3, "c": 9, "d": 10}, {"d"}),
    ],
)
def test_what_may_be_shown(people, shown):
    assert shown_cells(people) == shown


def test_what_is_held_back_is_never_told_by_the_total():
    for counts in itertools.product([0, 1, 2, 4, 5, 6, 12], repeat=4):
        people = dict(zip("abcd", counts, strict=True))
        shown = shown_cells(people)
        assert all(people[cell] >= LEAST for cell in shown)
        hidden = [people[cell] for cell in people if cell not in shown and people[cell]]
        rest = sum(counts) - sum(people[cell] for cell in shown)
        # Who knows the total learns of no cell, and of no five people or fewer, unless all is held.
        if hidden and shown:
            assert rest >= LEAST
            assert len(hidden) >= 2


def test_equal_cells_are_held_back_in_a_fixed_order():
    assert shown_cells({"b": 6, "a": 6, "c": 1}) == shown_cells({"c": 1, "a": 6, "b": 6}) == {"b"}
