"""The page of the first steps: the present one open, forms that lead on, and ends that say so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation import configuring
from annotation.entry import examining
from annotation.models import Exam
from labelers import consenting, inviting, qualifying
from labelers.models import GroupMembership, SurveyAnswers
from tests.annotation.making import make_tasks
from tests.annotation.screening_making import answer_item, answer_items, make_gold, screen

QUIZ = [{"question": "What?", "choices": ["This", "That"], "right": 1, "explanation": "So."}]


@pytest.fixture
def house(client, project, labeler, admin):
    """Everything is asked; the client is the labeler's."""
    consenting.publish_form(project=project, text="We **keep** it.", created_by=admin)
    configuring.publish_guidelines(project=project, text="Be kind.", created_by=admin)
    screen(project, asks_survey=True, asks_groups=True, topics=["law"], quiz=QUIZ, training_items=1)
    make_gold(project, 100)
    make_tasks(project, 1)
    client.force_login(labeler)
    return project


def start(client, **form):
    address = reverse("start", args=["essays"])
    got = client.post(address, form, follow=True) if form else client.get(address)
    assert got.status_code == 200
    return got.content.decode()


def through(client):
    start(client, step="consent", version="1")
    start(client, step="about")
    start(client, **{"step": "topics", "topic-0": "2"})
    return start(client, **{"step": "quiz", "question-0": "1", "version": "1"})


def test_each_step_opens_the_next(client, house):
    assert "<strong>keep</strong>" in start(client)
    assert "I would rather not say" in start(client, step="consent", version="1")
    assert "law" in start(client, step="about", age="60+", counted="on", **{"group-age": "60+"})
    assert SurveyAnswers.objects.get().answers == {"age": "60+"}
    assert GroupMembership.objects.get().value == "60+"
    assert "Be kind." in start(client, **{"step": "topics", "topic-0": "2"})
    wrong = start(client, **{"step": "quiz", "question-0": "0", "version": "1"})
    assert "Not quite yet." in wrong
    assert "So." in wrong
    right = start(client, **{"step": "quiz", "question-0": "1", "version": "1"})
    assert "You passed the quiz." in right
    assert "Begin to practise" in right


def test_groups_without_the_tick_and_fields_beside_rather_not_are_not_kept(client, house):
    start(client, step="consent", version="1")
    start(client, step="about", rather_not="1", age="60+", counted="on", **{"group-age": "60+"})
    assert not SurveyAnswers.objects.exists()
    assert not GroupMembership.objects.exists()
    start(client, step="groups", **{"group-age": "60+"})
    assert GroupMembership.objects.count() == 1
    start(client, step="groups", withdraw="1", **{"group-age": "60+"})
    assert not GroupMembership.objects.exists()


def test_the_labeling_page_leads_here_until_there_are_items(client, house, labeler):
    label = reverse("label", args=["essays"])
    assert client.get(label).headers["Location"] == reverse("start", args=["essays"])
    through(client)
    assert client.get(label).status_code == 200
    answer_items(labeler, house, 1)
    assert client.get(label).status_code == 302
    begun = client.post(reverse("start", args=["essays"]), {"step": "exam"})
    assert begun.headers["Location"] == label
    assert client.get(label).status_code == 200
    assert "Go on with the exam" in start(client)


def test_after_the_exam_it_says_what_happened_and_what_is_next(client, house, labeler):
    through(client)
    answer_items(labeler, house, 1)
    assert "at least 12 and at most 80" in start(client)
    examining.begin_exam(project=house, person=labeler)
    answer_items(labeler, house, right=False)
    assert "The next one is possible from" in start(client)
    Exam.objects.update(finished_at=timezone.now() - timedelta(days=2))
    assert "You can try again now" in start(client)
    examining.begin_exam(project=house, person=labeler)
    answer_items(labeler, house, right=False)
    html = start(client)
    assert "You were not accepted in this project" in html
    assert "Begin the exam" not in html


def test_a_borderline_exam_waits_and_a_passed_one_leads_to_work(client, house, labeler):
    through(client)
    answer_items(labeler, house, 1)
    examining.begin_exam(project=house, person=labeler)
    for turn in range(90):
        answer_item(labeler, house, right=turn % 4 > 0)
    assert "An admin looks at your answers" in start(client)
    qualifying.record_stage(project=house, person=labeler, stage="qualified", recorded_by=None)
    Exam.objects.update(verdict="passed")
    html = start(client)
    assert "You passed the exam" in html
    assert "Start labeling" in html


def test_too_little_gold_says_so(client, house, labeler):
    through(client)
    answer_items(labeler, house, 1)
    house.tasks.filter(is_gold=True).update(state="retired")
    assert "not enough items for an exam" in start(client)
    assert "not enough items for an exam" in start(client, step="exam")
    assert not Exam.objects.exists()


@pytest.mark.parametrize(
    "form",
    [
        {"step": "consent", "version": "x"},
        {"step": "topics", "topic-0": "9"},
        {"step": "quiz"},
        {"step": "read", "version": "99999999999"},
        {"step": "nothing"},
    ],
)
def test_nonsense_changes_nothing(client, house, labeler, form):
    start(client, **form)
    assert not labeler.qualifications.exclude(stage="invited").exists()
    assert not labeler.self_assessments.exists()


def test_an_invitation_leads_to_the_first_steps(client, house, admin):
    _made, token = inviting.invite(project=house, role="labeler", created_by=admin)
    client.logout()
    address = reverse("invitation", args=[token])
    came = client.post(address, {"username": "new", "password": "a long phrase"})
    assert came.headers["Location"] == reverse("start", args=["essays"])
    assert client.get(came.headers["Location"]).status_code == 200


def test_lists_tell_who_has_steps_to_take(client, house):
    assert "Start here" in client.get(reverse("projects")).content.decode()
    start(client, step="consent", version="1")
    html = client.get(reverse("project", args=["essays"])).content.decode()
    assert "Go on with the steps" in html
    assert "Start labeling" not in html


def test_those_who_lead_need_no_steps(client, house, admin):
    client.force_login(admin)
    assert "Nothing to do here" in start(client)


def test_without_screening_one_begins_at_once(client, project, labeler):
    client.force_login(labeler)
    assert "You can begin at once" in start(client)


def test_strangers_learn_nothing(client, project, stranger, engineer):
    for person, code in ((stranger, 404), (engineer, 403)):
        client.force_login(person)
        assert client.get(reverse("start", args=["essays"])).status_code == code
