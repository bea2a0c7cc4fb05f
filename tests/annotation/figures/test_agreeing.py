"""Agreement of small projects by hand, of every kind, and of a planted crowd."""

from __future__ import annotations

import numpy as np
import pytest

from annotation.figures import agreeing, label_matrix
from annotation.figures.label_matrix import FIRST, SECOND, UNASKED, LabelMatrix
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE, answer_next, make_tasks


@pytest.fixture
def pair(project_factory, person_factory):
    """A project of overlap 2 with two labelers."""
    project = project_factory(overlap=2, gold_rate=0)
    return project, [person_factory(name, project, "labeler") for name in ("aya", "ben")]


def figure(project, name):
    found = agreeing.coefficients_of(label_matrix.read(project), replicates=50)
    assert [f["name"] for f in found] == list(agreeing.NAMES)
    return found[agreeing.NAMES.index(name)]


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


def test_a_preference_on_the_scale_counts_near_misses_less(pair):
    project, (aya, ben) = pair
    make_tasks(project, 4)
    strong = {"choice": "a", "strength": "significantly"}
    weak = {"choice": "b", "strength": "negligibly"}
    for person, answers in (
        (aya, (A_IS_BETTER, B_IS_BETTER, strong, weak)),
        (ben, (strong, B_IS_BETTER, A_IS_BETTER, TIE)),
    ):
        for answer in answers:
            answer_next(person, project, answer)
    ordinal = figure(project, "alpha_strength")["value"]
    # Three of four pairs differ, but none by more than a step, on a scale from 4 to -2.
    assert 0.5 < ordinal < 1
    assert figure(project, "percent")["value"] == 0.75


def test_without_strengths_or_rankings_the_reason_is_said(project_factory, person_factory):
    project = project_factory(overlap=2, gold_rate=0, kind_options={"strength": False})
    make_tasks(project, 1)
    for name in ("aya", "ben"):
        person = person_factory(name, project, "labeler")
        answer_next(person, project, {"choice": "a", "strength": None})
    assert figure(project, "alpha_strength")["reason"] == agreeing.NO_STRENGTHS
    for name in ("alpha_rank", "tau_b", "w"):
        assert figure(project, name)["reason"] == agreeing.NO_RANKINGS


def test_rankings_have_their_own_coefficients(project_factory, person_factory):
    project = project_factory(kind="ranking", kind_options={"k": 3}, overlap=2, gold_rate=0)
    make_tasks(project, 2, k=3)
    for name, answers in {"aya": ([1, 2, 3], [1, 1, 3]), "ben": ([1, 2, 3], [2, 1, 3])}.items():
        person = person_factory(name, project, "labeler")
        for ranks in answers:
            answer_next(person, project, {"ranks": ranks})
    # Of the second item: signs (0, -1, -1) and (1, -1, -1), norms sqrt 2 and sqrt 3.
    assert figure(project, "tau_b")["value"] == pytest.approx((1 + 2 / 6**0.5) / 2)
    # Mid-ranks 1.5 1.5 3 and 2 1 3: S = 12.25 + 6.25 + 36 - 3 * 16, ties T = 6.
    assert figure(project, "w")["value"] == pytest.approx((1 + 12 * 6.5 / (4 * 24 - 2 * 6)) / 2)
    assert figure(project, "comparisons")["value"] == 1
    assert 0 < figure(project, "alpha_rank")["value"] < 1


def test_pairs_and_matrix(pair, person_factory):
    project, people = pair
    make_tasks(project, 3)
    for person, answers in zip(people, ("aab", "aba"), strict=True):
        for choice in answers:
            answer_next(person, project, {"choice": choice, "strength": "better"})
    matrix = label_matrix.read(project)
    rows = agreeing.pair_rows(matrix)
    keys = [f"p:{person.pk}" for person in people]
    # Margins 2/3 and 2/3 for a: chance 5/9, observed 1/3.
    assert rows == [[*keys, 3, pytest.approx(1 / 3, abs=1e-6), pytest.approx(-0.5, abs=1e-6)]]
    shown = agreeing.labeler_matrix(matrix, rows)
    assert shown == {"labelers": keys, "of": 2, "cells": [[0, 1, *rows[0][2:]]]}


def planted(n_tasks, accuracy, seed, n_labelers=6, per_task=4):
    """A crowd of one accuracy about truths of which half are first."""
    rng = np.random.default_rng(seed)
    task = np.repeat(np.arange(n_tasks), per_task)
    labeler = np.concatenate([rng.permutation(n_labelers)[:per_task] for _ in range(n_tasks)])
    truth = rng.integers(0, 2, n_tasks)[task]
    said = np.where(rng.random(len(task)) < accuracy, truth, 1 - truth)
    return LabelMatrix(
        unit=task,
        task=task,
        labeler=labeler,
        said=np.where(said == 0, FIRST, SECOND),
        labelers=[f"i:{n}" for n in range(n_labelers)],
        judgments=len(task),
        judgment=np.arange(len(task)),
        signed=np.full(len(task), UNASKED),
        unit_task=np.arange(n_tasks),
    )


@pytest.mark.parametrize("accuracy", [0.6, 0.75, 0.9])
def test_a_planted_crowd_gives_back_the_closed_form(accuracy):
    # Two answers are the same with a^2 + (1 - a)^2; by chance half are, so beyond it (2a - 1)^2.
    same, beyond = accuracy**2 + (1 - accuracy) ** 2, (2 * accuracy - 1) ** 2
    expected = {"percent": same, "comparisons": same, "alpha": beyond, "fleiss": beyond}
    expected |= {"cohen": beyond, "gwet": beyond}
    held = dict.fromkeys(expected, 0)
    for seed in range(10):
        found = agreeing.coefficients_of(planted(400, accuracy, seed), replicates=200)
        for row in found:
            if row["name"] in expected:
                held[row["name"]] += row["low"] <= expected[row["name"]] <= row["high"]
                assert row["value"] == pytest.approx(expected[row["name"]], abs=0.08)
    # 95% intervals: fewer than 7 of 10 come in one of ten thousand times.
    assert min(held.values()) >= 7, held
