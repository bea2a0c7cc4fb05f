"""Answers: exactly once, counted within the overlap, revised and withdrawn without loss."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotation import assigning, judging
from annotation.models import Assignment, Judgment, Task
from annotation.task_kinds.base import AnswerError
from labelers.models import AuditEvent
from tests.annotation.making import (
    A_IS_BETTER,
    B_IS_BETTER,
    TIE,
    answer_next,
    make_tasks,
    submit,
)
from tests.at_once import at_once


def lease_of(person, project, **fields):
    return assigning.next_assignment(project=project, person=person, **fields)


def test_an_answer_is_stored_in_canonical_order_with_what_was_on_screen(project, labeler):
    (task,) = make_tasks(project)
    lease = lease_of(labeler, project)
    Assignment.objects.filter(pk=lease.pk).update(display_order=[1, 0])
    submission = judging.Submission(
        lease.pk, uuid.uuid4(), {"choice": "a", "strength": "better"}, seconds=12.5, reason="clear"
    )
    judgment = judging.submit(person=labeler, project=project, submission=submission)
    assert judgment.answer == {"choice": "b", "strength": "better"}
    assert (judgment.display_order, judgment.seconds) == ([1, 0], 12.5)
    assert (judgment.standing, judgment.slot, judgment.revision) == ("counted", 1, 1)
    task.refresh_from_db()
    assert (task.state, task.counted) == ("closed", 1)
    assert AuditEvent.objects.filter(action="judgment.submitted", actor=labeler).count() == 1


def test_the_same_submission_twice_is_one_judgment(project, labeler):
    make_tasks(project)
    lease = lease_of(labeler, project)
    submission = judging.Submission(lease.pk, uuid.uuid4(), A_IS_BETTER)
    first = judging.submit(person=labeler, project=project, submission=submission)
    assert judging.submit(person=labeler, project=project, submission=submission) == first
    assert Judgment.objects.count() == 1


def test_a_client_id_cannot_be_used_for_another_item(project, labeler):
    make_tasks(project, 2)
    client_id = uuid.uuid4()
    for expected in (None, "client_id"):
        lease = lease_of(labeler, project)
        submission = judging.Submission(lease.pk, client_id, A_IS_BETTER)
        if expected is None:
            judging.submit(person=labeler, project=project, submission=submission)
        else:
            with pytest.raises(AnswerError, match=expected):
                judging.submit(person=labeler, project=project, submission=submission)


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({}, "choice"),
        ({"choice": "c"}, "choice"),
        ({"choice": "a"}, "strength"),
        ({"choice": "tie", "strength": "better"}, "strength"),
        ({"choice": "a", "strength": "better", "person": 1}, "person"),
        ([], "object"),
    ],
)
def test_a_malformed_answer_is_refused_by_field_and_leaves_the_lease(
    project, labeler, answer, field
):
    make_tasks(project)
    lease = lease_of(labeler, project)
    submission = judging.Submission(lease.pk, uuid.uuid4(), answer)
    with pytest.raises(AnswerError, match=field):
        judging.submit(person=labeler, project=project, submission=submission)
    lease.refresh_from_db()
    assert lease.state == "live"
    assert Judgment.objects.count() == 0


def test_a_second_answer_is_a_new_revision_and_keeps_the_first(project, labeler):
    (task,) = make_tasks(project)
    first = answer_next(labeler, project, A_IS_BETTER)
    lease = Assignment.objects.get(task=task, person=labeler)
    second = submit(labeler, project, lease, B_IS_BETTER)
    first.refresh_from_db()
    assert (first.is_current, first.answer) == (False, A_IS_BETTER)
    assert (second.revision, second.standing, second.slot) == (2, "counted", 1)
    task.refresh_from_db()
    assert task.counted == 1


def late_lease(project, person):
    """A lease of `person` that ran out and lost its slot."""
    lease = lease_of(person, project)
    Assignment.objects.filter(pk=lease.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assigning.release_expired(project=project)
    lease.refresh_from_db()
    return lease


def test_a_late_answer_takes_a_free_slot(project, labeler):
    make_tasks(project)
    lease = late_lease(project, labeler)
    assert lease.slot is None
    judgment = submit(labeler, project, lease, A_IS_BETTER)
    assert (judgment.standing, judgment.slot) == ("counted", 1)


def test_a_late_answer_without_a_free_slot_is_kept_as_surplus(project, labeler, person_factory):
    (task,) = make_tasks(project)
    lease = late_lease(project, labeler)
    answer_next(person_factory("bo", project, "labeler"), project, B_IS_BETTER)
    judgment = submit(labeler, project, lease, A_IS_BETTER)
    assert (judgment.standing, judgment.slot) == ("surplus", None)
    task.refresh_from_db()
    assert task.counted == 1


def test_undo_gives_the_item_back_with_the_answer_as_draft(project, labeler):
    (task,) = make_tasks(project)
    judgment = answer_next(labeler, project, A_IS_BETTER, reason="shorter")
    lease = judging.undo_last(person=labeler, project=project)
    judgment.refresh_from_db()
    assert (judgment.standing, judgment.is_current, judgment.answer) == (
        "withdrawn",
        False,
        A_IS_BETTER,
    )
    task.refresh_from_db()
    assert (task.counted, task.state, task.free_slots) == (0, "open", 0)
    shown = "a" if lease.display_order == [0, 1] else "b"
    assert lease.draft == {"answer": {"choice": shown, "strength": "better"}, "reason": "shorter"}
    again = submit(labeler, project, lease, TIE)
    assert (again.revision, again.slot) == (2, 1)


def test_there_is_nothing_to_undo_at_first(project, labeler):
    assert judging.undo_last(person=labeler, project=project) is None


def test_gold_answers_hold_no_slot(project_factory, person_factory):
    from annotation.candidates import KnownAnswer

    project = project_factory(gold_rate=0.5)
    make_tasks(project, gold=KnownAnswer([1, 2]))
    person = person_factory("bo", project, "labeler")
    judgment = None
    while judgment is None:
        lease = lease_of(person, project)
        judgment = lease and submit(person, project, lease, A_IS_BETTER)
    assert (judgment.standing, judgment.slot) == ("gold", None)


@pytest.mark.django_db(transaction=True)
def test_a_hundred_concurrent_sends_store_one_judgment(project, labeler):
    make_tasks(project)
    lease = lease_of(labeler, project)
    submission = judging.Submission(lease.pk, uuid.uuid4(), A_IS_BETTER)
    stored = []

    def send():
        for _ in range(10):
            judgment = judging.submit(person=labeler, project=project, submission=submission)
            stored.append(judgment.pk)

    assert at_once(*[send] * 10) == []
    assert len(stored) == 100
    assert len(set(stored)) == Judgment.objects.count() == 1


def test_an_answer_older_than_the_window_is_not_taken_back(project, labeler):
    make_tasks(project)
    judgment = answer_next(labeler, project, A_IS_BETTER)
    long_ago = timezone.now() - timedelta(seconds=project.settings.correction_seconds + 5)
    Judgment.objects.filter(pk=judgment.pk).update(created_at=long_ago)
    with pytest.raises(assigning.LeaseError, match="no longer be corrected"):
        judging.undo_last(person=labeler, project=project)
    assert Judgment.objects.get().is_current


def test_a_task_that_was_taken_out_does_not_come_back_with_an_undo(project, labeler):
    (task,) = make_tasks(project)
    answer_next(labeler, project, A_IS_BETTER)
    Task.objects.filter(pk=task.pk).update(state=Task.State.RETIRED)
    judging.undo_last(person=labeler, project=project)
    task.refresh_from_db()
    assert task.state == Task.State.RETIRED
