"""Changing the policy, deciding on exams, and giving another attempt."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from annotation.entry import hiring
from annotation.models import ScreeningPolicy, ScreeningProgress
from labelers.models import AuditEvent, Notice, Qualification
from tests.annotation.making_exams import make_exam, make_gold

QUIZ = [{"question": "Why?", "choices": ["a", "b"], "right": 1, "explanation": ""}]


def stage_of(project, person) -> str:
    return Qualification.objects.get(project=project, person=person).stage


# ------------------------------------------------------------------------------------ the policy


def test_a_project_has_the_usual_policy_until_it_is_changed(project):
    assert hiring.policy_of(project).good_accuracy == 0.85
    assert not ScreeningPolicy.objects.exists()


def test_a_change_is_stored_checked_and_written_down(project, admin):
    policy = hiring.change_policy(
        project=project,
        changed_by=admin,
        is_screened=True,
        quiz=QUIZ,
        topics=[" law ", "law", ""],
        exam_most=60,
    )
    project.refresh_from_db()
    assert project.is_screened
    assert (policy.quiz, policy.topics, policy.exam_most) == (QUIZ, ["law"], 60)
    assert hiring.policy_of(project) == policy
    event = AuditEvent.objects.get(action="screening.changed")
    assert event.detail == {
        "fields": ["exam_most", "is_screened", "quiz", "topics"],
        "is_screened": True,
    }
    hiring.change_policy(project=project, changed_by=admin, is_screened=False)
    project.refresh_from_db()
    assert not project.is_screened
    assert hiring.policy_of(project).exam_most == 60


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"poor_accuracy": 0.9}, "poor_accuracy"),
        ({"good_accuracy": 1.0}, "good_accuracy"),
        ({"good_accuracy": 1.5}, "good_accuracy"),
        ({"false_pass": 0.5}, "false_pass"),
        ({"exam_least": 101}, "exam_most"),
        ({"exam_most": 501}, "exam_most"),
        ({"training_items": -1}, "training_items"),
        ({"attempts": 0}, "attempts"),
        ({"attempts": 21}, "attempts"),
        ({"written_score": 8}, "written_score"),
        ({"quiz": [{}]}, "quiz"),
        ({"topics": [str(n) for n in range(41)]}, "topics"),
        ({"routes_by_topic": True}, "topics"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_nothing_is_stored(project, admin, change, field):
    with pytest.raises(ValidationError) as refused:
        hiring.change_policy(project=project, changed_by=admin, is_screened=True, **change)
    assert field in refused.value.message_dict
    project.refresh_from_db()
    assert not project.is_screened
    assert not ScreeningPolicy.objects.exists()


def test_everything_that_is_wrong_is_said_at_once(project, admin):
    with pytest.raises(ValidationError) as refused:
        hiring.change_policy(
            project=project, changed_by=admin, attempts=0, poor_accuracy=0.9, quiz=[{}]
        )
    assert set(refused.value.message_dict) == {"attempts", "poor_accuracy", "quiz"}


@pytest.mark.parametrize(("choice", "stage"), [("qualified", "qualified"), ("screened", None)])
def test_present_labelers_are_taken_over_or_not(project, admin, labeler, choice, stage):
    with pytest.raises(ValidationError) as refused:
        hiring.change_policy(project=project, changed_by=admin, is_screened=True)
    assert list(refused.value.message_dict) == ["present_labelers"]
    hiring.change_policy(
        project=project, changed_by=admin, is_screened=True, present_labelers=choice
    )
    found = Qualification.objects.filter(project=project, person=labeler).first()
    assert (found and found.stage) == stage


def test_somebody_suspended_is_not_taken_over(project, admin, labeler):
    Qualification.objects.create(project=project, person=labeler, stage="suspended")
    hiring.change_policy(project=project, changed_by=admin, is_screened=True)
    assert stage_of(project, labeler) == "suspended"


# ------------------------------------------------------------------------------------ decisions


@pytest.fixture
def borderline(project, labeler):
    return make_exam(labeler, make_gold(project, 4), "rrrw")


@pytest.mark.parametrize(
    ("verdict", "stage"),
    [("passed", "qualified"), ("failed", "declined")],
)
def test_an_admin_decides_and_the_labeler_is_told(borderline, admin, verdict, stage):
    exam = hiring.decide_exam(exam=borderline, decided_by=admin, verdict=verdict, note=" Close. ")
    assert (exam.verdict, exam.decided_by, exam.note) == (verdict, admin, "Close.")
    found = Qualification.objects.get(project=exam.project, person=exam.person)
    assert (found.stage, found.reason) == (stage, "Close.")
    assert found.scores["accuracy"] == 0.75
    assert found.scores["low"] < 0.75 < found.scores["high"]
    notice = Notice.objects.get(person=exam.person)
    assert notice.kind == "exam_decided"
    assert notice.detail == {"verdict": verdict, "note": "Close."}
    assert AuditEvent.objects.get(action="exam.decided").detail["before"] == "borderline"


def test_overruling_needs_a_reason_and_tells_the_labeler(borderline, admin):
    hiring.decide_exam(exam=borderline, decided_by=admin, verdict="failed")
    with pytest.raises(ValidationError) as refused:
        hiring.decide_exam(exam=borderline, decided_by=admin, verdict="passed")
    assert list(refused.value.message_dict) == ["note"]
    hiring.decide_exam(exam=borderline, decided_by=admin, verdict="passed", note="The gold erred.")
    assert stage_of(borderline.project, borderline.person) == "qualified"


def test_what_cannot_be_decided(project, labeler, admin, borderline):
    with pytest.raises(ValidationError):
        hiring.decide_exam(exam=borderline, decided_by=admin, verdict="borderline")
    with pytest.raises(ValidationError, match="2000"):
        hiring.decide_exam(exam=borderline, decided_by=admin, verdict="passed", note="x" * 2001)
    later = make_exam(labeler, make_gold(project, 6)[4:], "rr", verdict="open")
    with pytest.raises(ValidationError, match="later attempt"):
        hiring.decide_exam(exam=borderline, decided_by=admin, verdict="passed")
    with pytest.raises(ValidationError, match="going on"):
        hiring.decide_exam(exam=later, decided_by=admin, verdict="passed")
    assert not Qualification.objects.exists()


def test_two_admins_who_decide_the_same_are_told(borderline, admin):
    hiring.decide_exam(exam=borderline, decided_by=admin, verdict="passed")
    with pytest.raises(ValidationError, match="already"):
        hiring.decide_exam(exam=borderline, decided_by=admin, verdict="passed")


def test_another_attempt_opens_the_way_again(project, labeler, admin, borderline):
    with pytest.raises(ValidationError, match="Only somebody who failed"):
        hiring.allow_attempt(project=project, person=labeler, allowed_by=admin)
    hiring.decide_exam(exam=borderline, decided_by=admin, verdict="failed")
    assert hiring.allow_attempt(project=project, person=labeler, allowed_by=admin) == 2
    assert ScreeningProgress.objects.get(person=labeler).attempts_allowed == 2
    assert stage_of(project, labeler) == "training"
    notice = Notice.objects.filter(person=labeler).first()
    assert notice.detail["verdict"] == "again"


def test_who_fails_by_the_answers_alone_keeps_the_attempts_that_are_left(project, labeler, admin):
    tasks = make_gold(project, 4)
    first = make_exam(labeler, tasks[:2], "ww", verdict="failed")
    hiring.settle(first, decided_by=None)
    assert stage_of(project, labeler) == "examined"
    second = make_exam(labeler, tasks[2:], "ww", verdict="failed")
    hiring.settle(second, decided_by=None)
    assert stage_of(project, labeler) == "declined"
