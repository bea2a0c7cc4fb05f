"""Going back to an answer: a new revision within the window, and nothing lost or counted twice."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from annotation import assigning, correcting, judging, own_work
from annotation.models import Assignment, Judgment, ProjectSettings, Task
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next, make_tasks, submit


@pytest.fixture
def answered(project, labeler):
    """Two answered items; the first of them with its assignment."""
    make_tasks(project, 3)
    first = answer_next(labeler, project, A_IS_BETTER, reason="clear")
    answer_next(labeler, project, A_IS_BETTER)
    return first, Assignment.objects.get(task=first.task, person=labeler)


def test_recent_items_are_ones_own_newest_first(project, labeler, answered, person_factory):
    other = person_factory("ben", project, "labeler")
    assert own_work.recent_items(person=other, project=project) == []
    found = own_work.recent_items(person=labeler, project=project)
    assert [item.excerpt for item in found] == ["Question 2?", "Question 1?"]
    assert found[1].assignment == answered[1].pk
    window = found[1].correctable_until - found[1].at
    assert window == timedelta(seconds=project.settings.correction_seconds)


def test_gold_is_not_told_from_ordinary_items(project, labeler):
    from annotation.candidates import KnownAnswer

    make_tasks(project, 1, gold=KnownAnswer([1, 2], "better"))
    ProjectSettings.objects.update(gold_rate=0.5)
    for _ in range(60):
        assignment = assigning.next_assignment(project=project, person=labeler)
        if assignment is not None:
            submit(labeler, project, assignment, A_IS_BETTER)
            break
    (item,) = own_work.recent_items(person=labeler, project=project)
    assert correcting.open_again(
        person=labeler, project=project, assignment_id=item.assignment
    ).draft["answer"]


def test_a_correction_comes_back_on_screen_and_becomes_the_next_revision(
    project, labeler, answered
):
    first, assignment = answered
    opened = correcting.open_again(person=labeler, project=project, assignment_id=assignment.pk)
    assert opened.draft["reason"] == "clear"
    assert opened.draft["answer"] == judging.answer_on_screen(first, assignment)
    assert opened.state == Assignment.State.ANSWERED
    corrected = submit(labeler, project, assignment, B_IS_BETTER)
    assert (corrected.revision, corrected.slot) == (2, first.slot)
    first.refresh_from_db()
    assert (first.is_current, first.answer) == (False, A_IS_BETTER)
    first.task.refresh_from_db()
    assert first.task.counted == 1


def test_a_draft_of_a_correction_is_restored(project, labeler, answered):
    _first, assignment = answered
    draft = {"answer": B_IS_BETTER, "reason": "on second thought"}
    assigning.save_draft(assignment_id=assignment.pk, person=labeler, draft=draft)
    opened = correcting.open_again(person=labeler, project=project, assignment_id=assignment.pk)
    assert opened.draft == draft


def test_after_the_window_an_answer_stays(project, labeler, answered):
    first, assignment = answered
    submit(labeler, project, assignment, B_IS_BETTER)
    long_ago = timezone.now() - timedelta(seconds=project.settings.correction_seconds + 5)
    # The window begins with the first answer: correcting again and again does not move it.
    Judgment.objects.filter(pk=first.pk).update(created_at=long_ago)
    with pytest.raises(assigning.LeaseError, match="no longer be corrected"):
        correcting.open_again(person=labeler, project=project, assignment_id=assignment.pk)
    with pytest.raises(assigning.LeaseError, match="no longer be corrected"):
        submit(labeler, project, assignment, A_IS_BETTER)
    current = Judgment.objects.get(task=first.task, is_current=True)
    assert (current.revision, current.answer) == (2, B_IS_BETTER)


def test_sending_a_correction_twice_makes_one_revision(project, labeler, answered):
    _first, assignment = answered
    sent = judging.Submission(assignment.pk, uuid.uuid4(), A_IS_BETTER)
    for _ in range(2):
        judging.submit(person=labeler, project=project, submission=sent)
    assert Judgment.objects.filter(task=assignment.task).count() == 2


def test_only_ones_own_answered_items_open_again(project, labeler, answered, person_factory):
    _first, assignment = answered
    open_lease = assigning.next_assignment(project=project, person=labeler)
    other = person_factory("ben", project, "labeler")
    for person, pk in ((other, assignment.pk), (labeler, open_lease.pk), (labeler, 10**9)):
        with pytest.raises(assigning.LeaseError, match="no answer to this item"):
            correcting.open_again(person=person, project=project, assignment_id=pk)


def test_a_covered_text_is_not_in_the_list(project, labeler, answered):
    first, _assignment = answered
    Task.objects.filter(pk=first.task_id).update(is_covered=True)
    found = own_work.recent_items(person=labeler, project=project)
    assert [item.excerpt for item in found] == ["Question 2?", ""]
