"""Who contradicts gold, and whether they are good at the rest."""

from __future__ import annotations

import uuid

import pytest

from annotation.gold import gold_evidence, keeping_gold
from annotation.gold.gold_evidence import Evidence, evidence_of, weigh
from annotation.grading import Grade
from annotation.models import Judgment, KeptFigures
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE, make_tasks

RIGHT, WRONG = Grade(1, 1), Grade(0, 1)


def graded(score, labelers, about, others=10):
    """Labelers with `score` right among other items, and their grade about item 0."""
    rows = []
    for labeler in labelers:
        rows += [
            (number, labeler, RIGHT if number <= score * others else WRONG)
            for number in range(1, others + 1)
        ]
        rows.append((0, labeler, about))
    return rows


def test_three_good_labelers_who_contradict_are_enough():
    assert weigh(graded(0.9, range(3), WRONG))[0].is_contradicted
    assert not weigh(graded(0.9, range(2), WRONG))[0].is_contradicted


def test_one_of_four_who_agrees_leaves_doubt():
    found = weigh(graded(0.9, range(3), WRONG) + graded(0.9, [3], RIGHT))[0]
    assert (found.good, found.against, found.is_contradicted) == (4, 3, False)


def test_poor_labelers_do_not_count_against_gold():
    found = weigh(graded(0.3, range(3), WRONG) + graded(0.9, range(3, 10), RIGHT))[0]
    assert (found.good, found.against) == (7, 0)


def test_the_better_half_counts_where_all_gold_is_hard():
    found = weigh(graded(0.3, range(4), WRONG) + graded(0.6, range(4, 8), WRONG))[0]
    assert found.good == 4


def test_the_item_itself_says_nothing_of_who_answers_it():
    # Four other items are too few, however they were answered.
    assert weigh(graded(1.0, range(5), WRONG, others=4))[0].good == 0


def test_ties_say_nothing():
    assert weigh([(0, 1, Grade(0, 0))]) == {}


def test_too_easy_needs_twenty_who_all_are_right():
    assert Evidence(answers=20, right=20, judged=20).is_too_easy
    assert not Evidence(answers=19, right=19, judged=19).is_too_easy
    assert not Evidence(answers=30, right=29, judged=30).is_too_easy


@pytest.fixture
def gold(project):
    (task,) = make_tasks(project)
    return keeping_gold.make(task=task, answer=A_IS_BETTER, made_by=None)


def say(gold, person, answer):
    return Judgment.objects.create(
        task=gold.task,
        person=person,
        standing="gold",
        answer=answer,
        display_order=[0, 1],
        client_id=uuid.uuid4(),
    )


def test_answers_to_gold_in_force_are_measured(project, gold, person_factory):
    for number, answer in enumerate((A_IS_BETTER, B_IS_BETTER, TIE)):
        say(gold, person_factory(f"p{number}"), answer)
    assert evidence_of(project) == {gold.task_id: Evidence(answers=2, right=1, judged=2)}
    keeping_gold.retire(gold=gold, reason="x", retired_by=None)
    assert evidence_of(project) == {}


def test_a_large_projects_evidence_is_kept_for_a_minute(project, gold, labeler, monkeypatch):
    monkeypatch.setattr("annotation.figures.keeping_figures.SMALL", -1)
    assert evidence_of(project) == {}
    say(gold, labeler, A_IS_BETTER)
    keeping_gold.affirm(gold=gold, affirmed_by=None)
    assert evidence_of(project) == {}
    kept = KeptFigures.objects.get(name="gold")
    KeptFigures.objects.update(computed_at=kept.computed_at - gold_evidence.FRESH)
    assert evidence_of(project)[gold.task_id].right == 1
