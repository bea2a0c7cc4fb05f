"""An answer and the next item are one transaction, and nothing to give is no lost answer."""

from __future__ import annotations

import uuid

import pytest

from annotation import answering, assigning, giving, judging
from annotation.models import Assignment, Judgment
from annotation.seats import seat_of
from tests.annotation.making import A_IS_BETTER, make_tasks
from tests.annotation.screening_making import expected, make_gold, screen
from tests.at_once import at_once


def answer(person, project, assignment, said=A_IS_BETTER, *, wants_next=True):
    return answering.answer(
        seat=seat_of(project, person),
        submission=judging.Submission(assignment.pk, uuid.uuid4(), said),
        wants_next=wants_next,
    )


def test_the_next_item_comes_with_the_answer_if_wanted(project, labeler):
    make_tasks(project, 3)
    first = assigning.next_assignment(project=project, person=labeler)
    done = answer(labeler, project, first)
    assert done.judgment.task_id == first.task_id != done.item.task_id
    last = answer(labeler, project, done.item, wants_next=False)
    assert last.item is None
    assert Assignment.objects.filter(state="live").count() == 0


def test_an_answer_is_stored_where_nothing_can_be_given(project, labeler):
    make_tasks(project, 2)
    item = assigning.next_assignment(project=project, person=labeler)
    project.state = "paused"
    project.save()
    done = answer(labeler, project, item)
    assert (done.item, done.seat) == (None, None)
    assert Judgment.objects.get() == done.judgment


@pytest.mark.django_db(transaction=True)
def test_what_goes_wrong_behind_the_answer_leaves_nothing_half_done(project, labeler, monkeypatch):
    make_tasks(project, 2)
    item = assigning.next_assignment(project=project, person=labeler)

    def broken(**_given):
        raise RuntimeError("no next item")

    with monkeypatch.context() as context:
        context.setattr(assigning, "give", broken)
        with pytest.raises(RuntimeError):
            answer(labeler, project, item)
    item.refresh_from_db()
    assert (Judgment.objects.count(), item.state) == (0, "live")
    assert answer(labeler, project, item).item is not None


def test_an_item_of_the_training_is_followed_by_what_comes_after_it(project, labeler):
    screen(project, training_items=1, has_exam=False)
    make_gold(project, 2)
    make_tasks(project, 1)
    item, _progress = giving.next_item(project=project, person=labeler)
    done = answer(labeler, project, item, expected(item))
    assert done.judgment.standing == "practice"
    assert (done.item, done.screening.state) == (None, "over")


@pytest.mark.django_db(transaction=True)
def test_two_windows_of_one_person_answer_at_once(project, labeler):
    make_tasks(project, 30)
    for _round in range(5):
        one = assigning.next_assignment(project=project, person=labeler)
        other = assigning.next_assignment(project=project, person=labeler, holding=[one.pk])
        failed = at_once(
            lambda item=one: answer(labeler, project, item),
            lambda item=other: answer(labeler, project, item),
        )
        assert failed == []
        assert set(Judgment.objects.values_list("task", flat=True)) >= {one.task_id, other.task_id}
        for held in Assignment.objects.filter(state="live"):
            answer(labeler, project, held, wants_next=False)
