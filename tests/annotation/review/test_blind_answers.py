"""What others said is told in the reader's letters and tells nothing of who said it."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from annotation.models import Assignment, Judgment
from annotation.review import adjudicating, blind_answers
from tests.annotation.review.test_adjudicating import dispute


@pytest.fixture
def disputed(project, person_factory):
    return dispute(project, person_factory, 3)


@pytest.fixture
def judge(project, person_factory):
    return person_factory("jun", project, "adjudicator")


def test_answers_speak_of_the_order_on_the_adjudicators_screen(project, disputed, judge):
    opened = adjudicating.claim(project=project, person=judge)
    here = opened.assignment.display_order
    for said in opened.said:
        judgment = Judgment.objects.get(task=opened.assignment.task, reason=said.reason)
        # Canonical a stands where 0 stands in the order on screen.
        canonical = "ab".index(judgment.answer["choice"])
        assert said.answer["choice"] == "ab"[here.index(canonical)]
        if judgment.display_order == here:
            assert said.own_letters == []
        else:
            assert said.own_letters == ["B", "A"]


def test_what_is_shown_names_nobody_and_no_model(project, disputed, judge):
    opened = adjudicating.claim(project=project, person=judge)
    shown = json.dumps([asdict(said) for said in opened.said] + opened.why)
    for judgment in Judgment.objects.select_related("person"):
        assert judgment.person.username not in shown
        assert judgment.person.pseudonym not in shown
    assert "model-" not in shown


def test_letters_are_stable_on_an_item_and_differ_between_items(project, person_factory, judge):
    tasks = dispute(project, person_factory, 12)
    orders = set()
    for task in tasks:
        first = adjudicating.claim(project=project, person=judge, task_id=task.pk)
        other = blind_answers.said_of(first.assignment)
        assert first.said == other
        orders.add(tuple(said.reason for said in first.said))
        Assignment.objects.filter(pk=first.assignment.pk).update(state="expired")
    assert len(orders) == 2


@pytest.mark.parametrize(
    ("place", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (702, "AAA")]
)
def test_there_are_letters_for_everybody(place, letters):
    assert blind_answers.letters(place) == letters
