"""Agreement, labelers and win rates of small projects, by hand."""

from __future__ import annotations

import pytest

from annotation import aggregating, label_matrix, measuring
from annotation.candidates import KnownAnswer
from annotation.models import Task
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


def figure(project, name):
    found = measuring.agreement_of(label_matrix.read(project))
    return next(f for f in found if f["name"] == name)


def test_an_empty_project_says_why_there_is_no_figure(project):
    quality = measuring.quality_of(project)
    assert [f["value"] for f in quality["agreement"]] == [None, None]
    assert quality["agreement"][0]["reason"] == "There are no judgments yet."
    assert quality["labelers"] == quality["win_rates"] == []


def test_agreement_by_hand(pair):
    project, (aya, ben) = pair
    make_tasks(project, 4)
    for answers in zip(
        (A_IS_BETTER, A_IS_BETTER, B_IS_BETTER, A_IS_BETTER),
        (A_IS_BETTER, B_IS_BETTER, B_IS_BETTER, A_IS_BETTER),
        strict=True,
    ):
        for person, answer in zip((aya, ben), answers, strict=True):
            answer_next(person, project, answer)
    assert figure(project, "percent")["value"] == pytest.approx(3 / 4)
    # Coincidences: 8 values, 5 first and 3 second, 2 of them in disagreement:
    # alpha = 1 - (8 - 1) * 2 / (2 * 5 * 3).
    assert figure(project, "alpha")["value"] == pytest.approx(1 - 7 * 2 / (2 * 5 * 3))


def test_one_category_is_explained(pair):
    project, people = pair
    make_tasks(project)
    for person in people:
        answer_next(person, project, A_IS_BETTER)
    alpha = figure(project, "alpha")
    assert alpha["value"] is None
    assert alpha["reason"]


def labeler(project, name):
    found = measuring.labelers_of(project, label_matrix.read(project))
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


def test_win_rates_count_ties_as_half_and_keep_sources_apart(pair):
    project, (aya, ben) = pair
    tasks = make_tasks(project, 3)
    for task, choice in zip(tasks, ("model-0", "model-0", None), strict=True):
        sources = [p.response.source.name for p in task.placed.all()]
        answer = (
            TIE if choice is None else {"choice": "ab"[sources.index(choice)], "strength": "better"}
        )
        for person in (aya, ben):
            answer_next(person, project, answer)
    aggregating.refresh_consensus(project=project)
    (rate,) = measuring.win_rates(project)
    assert (rate.source_a, rate.source_b) == ("model-0", "model-1")
    assert (rate.wins_a, rate.wins_b, rate.ties) == (2, 0, 1)
    assert rate.rate == pytest.approx(2.5 / 3)
    assert rate.low <= rate.rate <= rate.high


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


def test_three_sources_stand_on_one_scale():
    def rate(a, b, wins_a, wins_b):
        return measuring.WinRate(a, b, wins_a, wins_b, 0, 0.5, None, None)

    found = measuring.strengths_of([rate("x", "y", 8, 2), rate("y", "z", 8, 2)])
    assert [row["source"] for row in found] == ["x", "y", "z"]
    assert sum(row["strength"] for row in found) == pytest.approx(0, abs=1e-9)
    assert all(row["low"] < row["strength"] < row["high"] for row in found)
    assert measuring.strengths_of([rate("x", "y", 8, 2)]) == []
