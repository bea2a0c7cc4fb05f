"""Answers against what was expected, for every kind that compares."""

from __future__ import annotations

from annotation.grading import Grade, grade
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE


def test_a_pair_is_right_or_wrong():
    known = {"kind": "pairwise", "expected": A_IS_BETTER, "k": 2}
    assert grade(given={"choice": "a", "strength": "slightly"}, **known) == Grade(1, 1)
    assert grade(given=B_IS_BETTER, **known) == Grade(0, 1)


def test_a_tie_of_either_side_is_neutral():
    assert grade(kind="pairwise", given=TIE, expected=A_IS_BETTER, k=2) == Grade(0, 0)
    assert grade(kind="pairwise", given=A_IS_BETTER, expected=TIE, k=2).share is None


def test_a_ranking_is_scored_by_its_comparisons():
    found = grade(
        kind="ranking", given={"ranks": [1, 2, 2, 4]}, expected={"ranks": [2, 1, 3, 4]}, k=4
    )
    # Of six, (1, 2) ties in the answer; of the other five only (0, 1) is turned around.
    assert found == Grade(4, 5)


def test_grades_add_up():
    assert (Grade(1, 2) + Grade(2, 2)).share == 0.75
