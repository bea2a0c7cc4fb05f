"""Pausing and resuming by hand: what is held goes back, and everybody concerned is told."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from annotation import assigning, judging
from annotation.models import Assignment, Judgment
from annotation.watch import pausing
from labelers import qualifying
from labelers.models import Qualification
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks, submit

pytestmark = pytest.mark.django_db


def test_a_pause_gives_back_what_they_hold(project, admin, labeler, person_factory):
    make_tasks(project, 1)
    held = assigning.next_assignment(project=project, person=labeler)
    pausing.pause(project=project, person=labeler, paused_by=admin, reason="Please call us.")
    held.refresh_from_db()
    assert held.state == Assignment.State.EXPIRED
    with pytest.raises(assigning.LeaseError, match="suspended"):
        assigning.next_assignment(project=project, person=labeler)
    other = person_factory("bo", project, "labeler")
    assert answer_next(other, project, A_IS_BETTER).standing == judging.Standing.COUNTED


def test_an_admins_pause_needs_a_reason_and_is_not_done_twice(project, admin, labeler):
    for reason, said in (("  ", "say why"), ("x" * 1001, "at most 1000")):
        with pytest.raises(ValidationError, match=said):
            pausing.pause(project=project, person=labeler, paused_by=admin, reason=reason)
    with pytest.raises(ValidationError, match="not paused"):
        pausing.resume(project=project, person=labeler, resumed_by=admin)
    pausing.pause(project=project, person=labeler, paused_by=admin, reason="Please call us.")
    with pytest.raises(ValidationError, match="paused already"):
        pausing.pause(project=project, person=labeler, paused_by=admin, reason="Again.")


def test_who_had_not_come_through_the_screening_goes_on_with_it(project, admin, labeler):
    qualifying.record_stage(
        project=project, person=labeler, stage="training", recorded_by=admin, scores={"quiz": 1}
    )
    pausing.pause(project=project, person=labeler, paused_by=admin, reason="Please call us.")
    pausing.resume(project=project, person=labeler, resumed_by=admin)
    record = Qualification.objects.get(person=labeler)
    assert (record.stage, record.scores["quiz"]) == ("training", 1)


@pytest.mark.parametrize("stage", ["qualified", "examined", "declined"])
def test_whatever_is_reached_meanwhile_only_resuming_lifts_a_pause(project, admin, labeler, stage):
    pausing.pause(project=project, person=labeler, paused_by=admin, reason="Wait.")
    kept = qualifying.record_stage(
        project=project, person=labeler, stage=stage, recorded_by=None, scores={"exam": 1}
    )
    assert (kept.stage, kept.reason, kept.scores["exam"]) == ("suspended", "Wait.", 1)
    pausing.resume(project=project, person=labeler, resumed_by=admin)
    assert Qualification.objects.get(person=labeler).stage == stage


def test_who_was_never_screened_is_not_let_in_by_a_pause(project, admin, labeler):
    pausing.pause(project=project, person=labeler, paused_by=admin, reason="Wait.")
    project.is_screened = True
    project.save()
    pausing.resume(project=project, person=labeler, resumed_by=admin)
    assert Qualification.objects.get(person=labeler).stage == "invited"
    assert not qualifying.may_work(project=project, person=labeler)


def test_old_items_of_a_paused_labeler_are_neither_answered_nor_taken_back(project, admin, labeler):
    make_tasks(project, 2)
    answer_next(labeler, project, A_IS_BETTER)
    skipped = assigning.next_assignment(project=project, person=labeler)
    assigning.skip(assignment_id=skipped.pk, person=labeler)
    pausing.pause(project=project, person=labeler, paused_by=admin, reason="Wait.")
    with pytest.raises(assigning.LeaseError, match="suspended"):
        submit(labeler, project, skipped, A_IS_BETTER)
    with pytest.raises(assigning.LeaseError, match="suspended"):
        judging.undo_last(person=labeler, project=project)
    assert Judgment.objects.get().standing == "counted"
