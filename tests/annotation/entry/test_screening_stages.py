"""How far somebody is: read from what was written down, whatever changed since."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from annotation.entry.screening_stages import exam_state, progress_of, way_of
from annotation.models import Exam, ScreeningProgress
from labelers import qualifying
from tests.annotation.screening_making import screen


@pytest.fixture
def policy(project):
    return screen(project, training_items=3, attempts=2, wait_hours=24)


def exam(project, person, number=1, verdict="open", hours=1):
    ended = timezone.now() - timedelta(hours=hours)
    finished_at = None if verdict == "open" else ended
    return Exam.objects.create(
        project=project, person=person, number=number, verdict=verdict, finished_at=finished_at
    )


@pytest.mark.parametrize(
    ("verdict", "hours", "allowed", "state", "number"),
    [
        ("open", 0, 0, "open", 1),
        ("borderline", 1, 0, "waiting", 1),
        ("passed", 1, 0, "passed", 1),
        ("failed", 1, 0, "resting", 1),
        ("failed", 25, 0, "ready", 2),
        ("failed", 1, 2, "ready", 2),
    ],
)
def test_an_exam_is_where_its_newest_attempt_is(
    project, labeler, policy, verdict, hours, allowed, state, number
):
    progress = ScreeningProgress(project=project, person=labeler, attempts_allowed=allowed)
    assert exam_state(policy, progress).state == "ready"
    exam(project, labeler, verdict=verdict, hours=hours)
    found = exam_state(policy, progress)
    assert (found.state, found.number) == (state, number)


def test_after_the_last_attempt_there_is_none_unless_one_is_given(project, labeler, policy):
    progress = ScreeningProgress(project=project, person=labeler)
    exam(project, labeler, 1, "failed", hours=60)
    exam(project, labeler, 2, "failed", hours=30)
    assert exam_state(policy, progress).state == "failed"
    progress.attempts_allowed = 3
    assert (exam_state(policy, progress).state, exam_state(policy, progress).number) == ("ready", 3)


def test_a_shorter_training_lets_those_go_on_who_have_enough(project, labeler, policy):
    assert way_of(project, labeler).present == "training"
    screen(project, training_items=0)
    assert way_of(project, labeler).present == "exam"


def test_who_is_qualified_is_asked_for_nothing_new(project, labeler, policy):
    qualifying.record_stage(project=project, person=labeler, stage="qualified", recorded_by=None)
    way = way_of(project, labeler)
    assert (way.present, {way.state_of(name) for name in way.steps}) == ("work", {"done"})
    assert progress_of(way) is None


@pytest.mark.parametrize("stage", ["suspended", "declined"])
def test_the_way_may_have_ended(project, labeler, policy, stage):
    qualifying.record_stage(project=project, person=labeler, stage=stage, recorded_by=None)
    way = way_of(project, labeler)
    assert (way.present, way.closed) == ("", stage)
    assert progress_of(way).state == "over"


def test_without_screening_there_is_no_way_to_go(project, labeler, policy):
    project.is_screened = False
    assert way_of(project, labeler).present == "work"
