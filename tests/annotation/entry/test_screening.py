"""The steps before training: in any number of tabs, and once; nothing leads back to a person."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from annotation import configuring
from annotation.entry import screening
from annotation.entry.screening_stages import way_of
from annotation.models import GuidelinesRead, ScreeningProgress
from labelers import consenting, grouping
from labelers.models import AuditEvent, GroupMembership, Qualification, SurveyAnswers
from tests.annotation.screening_making import screen
from tests.at_once import at_once

QUIZ = [
    {"question": "What counts?", "choices": ["Truth", "Length"], "right": 0, "explanation": "T."},
    {"question": "And then?", "choices": ["Charm", "Kindness"], "right": 1, "explanation": "K."},
]


@pytest.fixture
def everything(project, admin):
    """A project that asks for all there is before training."""
    consenting.publish_form(project=project, text="We store what you say.", created_by=admin)
    configuring.publish_guidelines(project=project, text="Be kind.", created_by=admin)
    screen(project, asks_survey=True, asks_groups=True, topics=["law", "poetry"], quiz=QUIZ)
    return project


def walk(project, person):
    """Every step in order, and what was the present one before each."""
    seen = []
    deeds = [
        lambda: screening.agree(project=project, person=person, version=1),
        lambda: screening.pass_survey(project=project, person=person),
        lambda: screening.assess_topics(
            project=project, person=person, levels={"law": 3, "poetry": 0}
        ),
        lambda: screening.take_quiz(project=project, person=person, answers=[0, 1], version=1),
    ]
    for deed in deeds:
        seen.append(way_of(project, person).present)
        deed()
    return [*seen, way_of(project, person).present]


def test_the_steps_come_in_order_and_the_stage_follows(everything, labeler):
    assert walk(everything, labeler) == ["consent", "about", "topics", "guidelines", "training"]
    way = way_of(everything, labeler)
    assert (way.stage, way.state_of("about"), way.state_of("exam")) == ("training", "done", "ahead")
    assert GuidelinesRead.objects.filter(person=labeler).exists()
    # Each step a second time changes nothing.
    before = AuditEvent.objects.filter(action="qualification.recorded").count()
    walk(everything, labeler)
    assert AuditEvent.objects.filter(action="qualification.recorded").count() == before


def test_only_what_is_asked_is_a_step(project, labeler):
    screen(project, training_items=0)
    assert way_of(project, labeler).steps == ["exam"]


def test_what_is_agreed_to_must_be_what_is_in_force(everything, labeler, admin):
    consenting.publish_form(project=everything, text="Changed.", created_by=admin)
    with pytest.raises(ValidationError, match="newer version"):
        screening.agree(project=everything, person=labeler, version=1)
    assert way_of(everything, labeler).present == "consent"


def told_of(person):
    """All that is written down of the person, apart from times and keys."""
    rows = AuditEvent.objects.filter(actor=person).order_by("id")
    progress = ScreeningProgress.objects.get(person=person)
    return (
        [(row.action, row.detail) for row in rows],
        (progress.survey_seen, progress.topics_seen, progress.quiz_tries),
    )


def test_who_answered_the_survey_cannot_be_told_from_who_did_not(everything, person_factory):
    answering, declining = (person_factory(n, everything, "labeler") for n in ("ana", "ben"))
    screening.pass_survey(
        project=everything,
        person=answering,
        answers={"gender": "woman", "age": "25-34", "fair": ""},
        groups={"age": "25-34"},
    )
    screening.pass_survey(project=everything, person=declining)
    assert told_of(answering) == told_of(declining)
    stored = SurveyAnswers.objects.get()
    assert stored.answers == {"gender": "woman", "age": "25-34"}
    said = json.dumps(list(AuditEvent.objects.values_list("detail", flat=True)))
    assert "woman" not in said
    assert "25-34" not in said


def test_the_survey_counts_once_per_person(everything, labeler):
    for _ in range(2):
        screening.pass_survey(project=everything, person=labeler, answers={"gender": "man"})
    assert SurveyAnswers.objects.count() == 1


def test_no_row_of_the_survey_was_written_with_its_persons_rows(everything, person_factory):
    for number in range(6):
        person = person_factory(f"p{number}", everything, "labeler")
        screening.pass_survey(
            project=everything,
            person=person,
            answers={"gender": "other"},
            groups={"gender": "other"},
        )
    with connection.cursor() as cursor:
        for table in ("labelers_surveyanswers", "labelers_groupmembership"):
            cursor.execute(f"SELECT count(*), count(DISTINCT xmin::text) FROM {table}")
            assert cursor.fetchone() == (6, 1)


def test_a_wrong_answer_of_the_survey_stores_nothing(everything, labeler):
    with pytest.raises(ValidationError) as refused:
        screening.pass_survey(project=everything, person=labeler, answers={"gender": "yes"})
    assert "gender" in refused.value.message_dict
    assert not SurveyAnswers.objects.exists()
    assert way_of(everything, labeler).progress.survey_seen is False


def test_groups_are_asked_for_apart_and_taken_back(everything, labeler):
    groups = {"age": "25-34", "region": "europe"}
    screening.pass_survey(project=everything, person=labeler, groups=groups)
    assert grouping.own_groups(project=everything, person=labeler) == groups
    assert not SurveyAnswers.objects.exists()
    grouping.choose_groups(project=everything, person=labeler, groups={})
    assert not GroupMembership.objects.exists()


@pytest.mark.parametrize(
    ("levels", "field"),
    [
        ({"law": 2}, "poetry"),
        ({"law": 2, "poetry": 4}, "poetry"),
        ({"law": True, "poetry": 0}, "law"),
        ({"law": 1, "poetry": 0, "chess": 3}, "chess"),
    ],
)
def test_topics_are_all_asked_and_only_those(everything, labeler, levels, field):
    with pytest.raises(ValidationError) as refused:
        screening.assess_topics(project=everything, person=labeler, levels=levels)
    assert list(refused.value.message_dict) == [field]


def test_a_wrong_choice_is_explained_and_may_be_tried_again(everything, labeler):
    result = screening.take_quiz(project=everything, person=labeler, answers=[0, 0])
    assert (result.passed, result.share) == (False, 0.5)
    assert [(one.is_right, one.explanation) for one in result.marked] == [(True, ""), (False, "K.")]
    assert screening.take_quiz(project=everything, person=labeler, answers=[0, 1]).passed
    # Whoever passed stays so.
    screening.take_quiz(project=everything, person=labeler, answers=[1, 0])
    progress = ScreeningProgress.objects.get()
    assert (progress.quiz_passed, progress.quiz_tries) == (True, 2)


def test_a_share_of_the_quiz_may_be_enough(everything, labeler):
    screen(everything, quiz_share=0.5, quiz=QUIZ)
    assert screening.take_quiz(project=everything, person=labeler, answers=[0, None]).passed


def test_a_quiz_that_changed_meanwhile_is_asked_anew(everything, labeler):
    with pytest.raises(ValidationError, match="2 questions"):
        screening.take_quiz(project=everything, person=labeler, answers=[0])


def test_a_new_consent_form_stops_those_who_work_until_they_agree(everything, labeler, admin):
    walk(everything, labeler)
    Qualification.objects.update(stage="qualified")
    assert way_of(everything, labeler).present == "work"
    consenting.publish_form(project=everything, text="Changed.", created_by=admin)
    way = way_of(everything, labeler)
    assert (way.present, way.state_of("exam")) == ("consent", "done")
    screening.agree(project=everything, person=labeler, version=2)
    assert way_of(everything, labeler).present == "work"


@pytest.mark.django_db(transaction=True)
def test_the_survey_in_four_tabs_at_once_is_one(everything, labeler):

    def tab():
        screening.pass_survey(
            project=everything,
            person=labeler,
            answers={"age": "60+"},
            groups={"age": "60+"},
        )

    assert at_once(*[tab] * 4) == []
    assert (SurveyAnswers.objects.count(), GroupMembership.objects.count()) == (1, 1)
