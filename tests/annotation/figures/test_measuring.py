"""Labelers and consensus of small projects by hand, and everything of an empty one."""

from __future__ import annotations

import json

import pytest

from annotation.candidates import KnownAnswer
from annotation.consensus import aggregating
from annotation.figures import agreeing, gold_grades, label_matrix, measuring
from annotation.models import Task
from annotation.stats.bootstrap import wilson_interval
from tests.annotation.making import (
    A_IS_BETTER,
    B_IS_BETTER,
    TIE,
    answer_next,
    make_tasks,
)


@pytest.fixture
def pair(project_factory, person_factory):
    """A project of overlap 2 with two labelers."""
    project = project_factory(overlap=2, gold_rate=0)
    return project, [person_factory(name, project, "labeler") for name in ("aya", "ben")]


def test_an_empty_project_has_every_figure_without_a_value(project):
    found = measuring.measure(project)
    assert set(found) == set(measuring.NAMES)
    assert [figure["value"] for figure in found["quality"]["agreement"]] == [None] * 4
    assert found["quality"]["labelers"] == found["quality"]["win_rates"] == []
    assert found["matrix"] == {"labelers": [], "of": 0, "cells": []}
    assert found["agreement"]["by"] == {}
    assert found["weeks"] == {"weeks": []}
    assert found["disagreement"] == {"items": []}


def test_figures_are_plain_values_that_json_can_hold(pair):
    project, people = pair
    make_tasks(project, 3)
    for answer in (A_IS_BETTER, B_IS_BETTER, TIE):
        for person in people:
            answer_next(person, project, answer)
    aggregating.refresh_consensus(project=project)
    found = measuring.measure(project)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def labeler(project, name):
    matrix, grades = label_matrix.read(project), gold_grades.read(project)
    found = measuring.labelers_of(project, matrix, grades)
    return next(row for row in found if row["name"] == name)


def test_labelers_are_compared_with_each_other_without_ties(pair):
    project, (aya, ben) = pair
    make_tasks(project, 3)
    for answer in (A_IS_BETTER, B_IS_BETTER, TIE):
        answer_next(aya, project, answer, seconds=4.0)
    for _ in range(3):
        answer_next(ben, project, A_IS_BETTER)
    found = labeler(project, "aya")
    assert (found["others"]["right"], found["others"]["n"]) == (1, 2)
    assert (found["judgments"], found["median_seconds"]) == (3, 4.0)
    assert found["key"] == f"p:{aya.pk}"
    assert found["others"]["low"] < 0.5 < found["others"]["high"]


def test_gold_scores_rankings_by_their_pairs_with_ties_neutral(project_factory, person_factory):
    project = project_factory(kind="ranking", gold_rate=0.5)
    make_tasks(project, k=3, gold=KnownAnswer([1, 2, 3]))
    (task,) = Task.objects.all()
    expected = task.gold.answer["ranks"]
    best, middle, worst = (expected.index(rank) for rank in (1, 2, 3))
    given = [0, 0, 0]
    given[best], given[middle], given[worst] = 3, 1, 1
    aya = person_factory("aya", project, "labeler")
    answer = None
    while answer is None:
        try:
            answer = answer_next(aya, project, {"ranks": given})
        except AssertionError:
            continue
    # best < middle wrong, best < worst wrong, middle = worst is a tie and counts for nothing.
    gold = labeler(project, "aya")["gold"]
    assert (gold["right"], gold["n"]) == (0, 2)


def test_consensus_is_counted(pair):
    project, (aya, ben) = pair
    make_tasks(project, 2)
    for person in (aya, ben):
        answer_next(person, project, A_IS_BETTER)
    answer_next(aya, project, A_IS_BETTER)
    answer_next(ben, project, B_IS_BETTER)
    aggregating.refresh_consensus(project=project)
    assert measuring.consensus_of(project) == {"tasks": 2, "decided": 1, "ties": 1, "cycles": 0}


def test_accuracy_is_estimated_without_gold(project_factory, person_factory):
    project = project_factory(overlap=3, gold_rate=0)
    make_tasks(project, 30)
    good = [person_factory(name, project, "labeler") for name in ("aya", "ben")]
    contrary = person_factory("cho", project, "labeler")
    for number in range(30):
        truth, other = (A_IS_BETTER, B_IS_BETTER) if number % 2 else (B_IS_BETTER, A_IS_BETTER)
        for person in good:
            answer_next(person, project, truth)
        answer_next(contrary, project, truth if number % 3 == 0 else other)
    for name, expected in (("aya", 1.0), ("cho", 1 / 3)):
        accuracy = labeler(project, name)["accuracy"]
        assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
        assert accuracy["value"] == pytest.approx(expected, abs=0.1)


def test_a_single_answer_per_comparison_gives_no_accuracy(pair):
    project, (aya, _ben) = pair
    make_tasks(project, 2)
    answer_next(aya, project, A_IS_BETTER)
    assert labeler(project, "aya")["accuracy"] is None


def test_a_labelers_share_counts_each_item_once(project_factory, person_factory):
    project = project_factory(overlap=4, gold_rate=0)
    make_tasks(project, 2)
    people = [person_factory(name, project, "labeler") for name in ("aya", "ben", "cho", "dan")]
    for answers in ((A_IS_BETTER,) * 2, *((B_IS_BETTER, A_IS_BETTER),) * 3):
        for answer in answers:
            answer_next(people[0], project, answer)
        people.append(people.pop(0))
    found = labeler(project, "aya")["others"]
    # Six others' answers, three of them the same; the interval is that of one item of two.
    assert (found["right"], found["n"], found["value"]) == (3, 6, 0.5)
    assert (found["low"], found["high"]) == pytest.approx(wilson_interval(1, 2))


def test_researchers_are_what_others_are_held_against(pair, person_factory):
    project, (aya, _ben) = pair
    make_tasks(project, 2)
    rita = person_factory("rita", project, "labeler", "researcher")
    for person, answers in ((aya, (A_IS_BETTER, B_IS_BETTER)), (rita, (A_IS_BETTER, A_IS_BETTER))):
        for answer in answers:
            answer_next(person, project, answer)
    assert labeler(project, "aya")["researchers"]["value"] == 0.5
    assert labeler(project, "rita")["researchers"]["n"] == 0
    matrix = label_matrix.read(project)
    assert agreeing.against_researchers(matrix)["value"] == 0.5
