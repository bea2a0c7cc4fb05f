"""Length bias by hand: what is compared, and what a tie is worth."""

from __future__ import annotations

from tests.annotation.figures.test_biases import figures, judge, longer_of, make, prefer


def test_equal_lengths_say_nothing_and_an_empty_text_counts_as_one_character(project):
    same, empty = make(project, [(5, 5), (0, 4)])
    for task in (same, empty):
        prefer(task, 0)
    assert figures(project)["length"]["share"]["n"] == 1


def test_ties_are_half_a_point_for_the_longer(project):
    tasks = make(project, [(5, 9), (5, 9)])
    prefer(tasks[0], longer_of(tasks[0]))
    judge(tasks[1], {"choice": "tie", "strength": None})
    found = figures(project)["length"]
    assert (found["share"]["value"], found["decided"]["value"], found["ties"]) == (0.75, 1.0, 1)


def test_a_single_thumb_has_no_length_to_compare(project_factory):
    project = project_factory("thumbs", kind="thumbs", gold_rate=0)
    (task,) = make(project, [(5,)])
    judge(task, {"good": True}, shown=(0,))
    assert figures(project)["length"]["share"]["n"] == 0
