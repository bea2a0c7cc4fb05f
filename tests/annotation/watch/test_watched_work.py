"""Answers as arrays: who preferred what, where it stood, and what gold says of each comparison."""

from __future__ import annotations

import uuid

import numpy as np
import pytest

from annotation.models import Gold, Judgment, Response, Task
from annotation.watch import watched_work
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE, make_tasks

pytestmark = pytest.mark.django_db


def say(person, task, answer, order, standing="surplus", **fields):
    return Judgment.objects.create(
        task=task,
        person=person,
        answer=answer,
        display_order=order,
        standing=standing,
        client_id=uuid.uuid4(),
        **fields,
    )


def test_pairs_with_place_tie_and_gold(project, labeler, person_factory):
    other = person_factory("bo", project, "labeler")
    plain, golden = make_tasks(project, 2)
    Task.objects.filter(pk=golden.pk).update(is_gold=True, free_slots=0)
    gold = Gold.objects.create(task=golden, answer=B_IS_BETTER)
    say(labeler, plain, A_IS_BETTER, [1, 0], seconds=12.5)
    say(other, plain, TIE, [0, 1])
    say(labeler, golden, A_IS_BETTER, [0, 1], standing="gold")
    work = watched_work.read(project)
    assert [work.keys[code] for code in work.labeler] == [
        f"p:{labeler.pk}",
        f"p:{other.pk}",
        f"p:{labeler.pk}",
    ]
    assert work.place.tolist() == [1, watched_work.NO_PLACE, 0]
    assert work.places.tolist() == [2, 2, 2]
    assert work.tied.tolist() == [False, True, False]
    assert work.gold.tolist() == [-1, -1, 1]
    assert work.said[[0, 2]].tolist() == [0, 0]
    assert work.unit[0] == work.unit[1] != work.unit[2]
    assert work.seconds[0] == 12.5
    assert np.isnan(work.seconds[1])
    assert work.standing.tolist() == ["surplus", "surplus", "gold"]
    gold.retired_at = "2026-01-01T00:00:00Z"
    gold.save()
    assert watched_work.read(project).gold.tolist() == [-1, -1, -1]


def test_a_ranking_is_its_comparisons(project_factory, person_factory):
    project = project_factory("ranks", kind="ranking", gold_rate=0)
    person = person_factory("bo", project, "labeler")
    (task,) = make_tasks(project, 1, k=4)
    say(person, task, {"ranks": [2, 1, 3, 3]}, [3, 2, 1, 0])
    work = watched_work.read(project)
    assert len(work.said) == 6
    assert work.said[0] == 1
    assert work.tied.tolist() == [False] * 5 + [True]
    # The best one, the second in canonical order, stood third on screen.
    assert work.place.tolist() == [2]
    assert (work.answer == 0).all()


def test_longer_and_time_to_skim(project, labeler):
    (task,) = make_tasks(project, 1)
    short, long = [placed.response for placed in task.placed.order_by("position")]
    for response, text in ((short, "x" * 100), (long, "y" * 600)):
        Response.objects.filter(pk=response.pk).update(
            messages=[{"role": "assistant", "content": text}]
        )
    say(labeler, task, B_IS_BETTER, [0, 1])
    work = watched_work.read(project)
    assert work.longer.tolist() == [1]
    assert work.skim[0] == pytest.approx((700 + len("Question 1?")) / 70)


def test_texts_of_about_the_same_length_ask_nothing_of_length(project, labeler):
    (task,) = make_tasks(project, 1)
    say(labeler, task, A_IS_BETTER, [0, 1])
    assert watched_work.read(project).longer.tolist() == [-1]


def test_an_empty_project_is_empty(project):
    work = watched_work.read(project)
    assert (len(work.id), len(work.said), work.keys) == (0, 0, [])
