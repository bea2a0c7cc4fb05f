"""The API of the way in: every step a page can take, and nothing told before its time."""

from __future__ import annotations

import json
import uuid

import pytest
from rest_framework.test import APIClient

from annotation import configuring
from annotation.models import Judgment
from labelers import consenting, qualifying
from labelers.models import AuditEvent, GroupMembership, SurveyAnswers
from labelers.tokens import create_token
from tests.annotation.making import make_tasks
from tests.annotation.screening_making import make_gold, screen

BASE = "/api/v1/projects/essays/"
QUIZ = [
    {"question": "What?", "choices": ["This", "That"], "right": 1, "explanation": "Secret why."}
]


@pytest.fixture
def client(project, labeler, admin):
    consenting.publish_form(project=project, text="We keep it.", created_by=admin)
    configuring.publish_guidelines(project=project, text="Be kind.", created_by=admin)
    screen(
        project,
        asks_survey=True,
        asks_groups=True,
        topics=["law"],
        quiz=QUIZ,
        training_items=1,
        exam_least=2,
    )
    make_gold(project, 40)
    make_tasks(project, 2)
    made = APIClient()
    made.force_login(labeler)
    return made


def own(client):
    return client.get(f"{BASE}screening/own/").json()


def ask(client, deed, body=None, method="post"):
    return getattr(client, method)(f"{BASE}{deed}/", body or {}, format="json")


def answered(client, item, choice):
    body = {
        "assignment": item["assignment"],
        "client_id": str(uuid.uuid4()),
        "answer": {"choice": choice, "strength": "better"},
        "pasted": 12,
    }
    return ask(client, "labeling/judgments", body)


def right_side(item):
    judgment = item["assignment"]
    from annotation.models import Assignment

    assignment = Assignment.objects.select_related("task__gold").get(pk=judgment)
    right = "ab".index(assignment.task.gold.answer["choice"])
    return "ab"[assignment.display_order.index(right)]


def test_the_whole_way_in(client, labeler):
    told = own(client)
    assert (told["screened"], told["present"]) == (True, "consent")
    assert [step["name"] for step in told["steps"]] == [
        *("consent", "about", "topics", "guidelines", "training", "exam"),
    ]
    assert told["consent"] == {"version": 1, "text": "We keep it.", "given": False}
    assert told["quiz"] == [{"question": "What?", "choices": ["This", "That"]}]
    assert "Secret" not in json.dumps(told)
    assert ask(client, "labeling/next").json()["screening"]["state"] == "over"

    assert ask(client, "screening/consent", {"version": 1}).json()["present"] == "about"
    survey = {"answers": {"age": "60+"}, "groups": {"age": "60+"}}
    assert ask(client, "screening/survey", survey).json()["own_groups"] == {"age": "60+"}
    levels = {"levels": {"law": 3}}
    assert ask(client, "screening/topics", levels, "put").json()["topics"] == {"law": 3}
    wrong = ask(client, "screening/quiz", {"answers": [0], "version": 1}).json()
    assert (wrong["passed"], wrong["marked"][0]["explanation"]) == (False, "Secret why.")
    assert ask(client, "screening/quiz", {"answers": [1]}).json()["passed"]
    assert own(client)["present"] == "training"

    told = ask(client, "labeling/next").json()
    item = told["item"]
    assert (item["purpose"], told["screening"]["stage"]) == ("training", "training")
    told = answered(client, item, right_side(item)).json()
    assert told["explained"]["verdict"] == "right"
    assert told["explained"]["explanation"] == "It answers what was asked."
    assert (told["item"], told["screening"]["state"]) == (None, "over")

    assert ask(client, "screening/exam").status_code == 201
    item = ask(client, "labeling/next").json()["item"]
    for done in range(1, 30):
        told = answered(client, item, right_side(item)).json()
        assert told["explained"] is None
        item = told["item"]
        if item is None:
            break
        assert (item["purpose"], told["screening"]["done"]) == ("exam", done)
    assert told["screening"] == {"stage": "work", "state": "over", "done": 0, "least": 0, "most": 0}
    assert qualifying.standings_of(labeler, [labeler.memberships.get().project])
    assert own(client)["exam"]["state"] == "passed"
    told = ask(client, "labeling/next").json()
    assert (told["item"]["purpose"], told["screening"]) == ("work", None)
    assert set(Judgment.objects.values_list("standing", "pasted")) == {("practice", 12)}


def test_what_was_said_is_taken_back(client):
    ask(client, "screening/consent", {"version": 1})
    ask(client, "screening/survey", {"groups": {"age": "60+"}})
    assert ask(client, "screening/groups", {"groups": {}}, "put").json()["own_groups"] == {}
    assert not GroupMembership.objects.exists()
    assert not SurveyAnswers.objects.exists()
    assert ask(client, "screening/consent", method="delete").json()["present"] == "consent"


@pytest.mark.parametrize(
    ("deed", "method", "body", "field"),
    [
        ("consent", "post", {"version": 7}, "version"),
        ("survey", "post", {"answers": {"age": "31"}}, "age"),
        ("survey", "post", {"groups": {"shoes": "42"}}, "shoes"),
        ("groups", "put", {"groups": {"age": "31"}}, "age"),
        ("topics", "put", {"levels": {}}, "law"),
        ("quiz", "post", {"answers": [1, 1]}, "answers"),
    ],
)
def test_bad_input_is_refused_by_field(client, deed, method, body, field):
    refused = ask(client, f"screening/{deed}", body, method)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])


def test_a_step_out_of_turn_is_a_conflict(client):
    refused = ask(client, "screening/exam")
    assert refused.status_code == 409
    assert "not the next step" in refused.json()["detail"]


def test_a_replayed_answer_tells_the_same_explanation(client, project, labeler):
    screen(project, asks_survey=False, asks_groups=False, topics=[], quiz=[], training_items=3)
    ask(client, "screening/consent", {"version": 1})
    ask(client, "guidelines/read", {"version": 1})
    item = ask(client, "labeling/next").json()["item"]
    body = {
        "assignment": item["assignment"],
        "client_id": str(uuid.uuid4()),
        "answer": {"choice": "a", "strength": "better"},
    }
    first, second = (ask(client, "labeling/judgments", body).json() for _ in range(2))
    assert first["explained"] == second["explained"]
    assert first["judgment"] == second["judgment"]
    assert second["screening"]["done"] == 1
    other = ask(client, "labeling/judgments", body | {"client_id": str(uuid.uuid4())})
    assert other.status_code == 409


def test_only_those_who_label_and_nobody_elses_way(client, project, person_factory, stranger):
    engineer = person_factory("erik", project, "engineer")
    for person, code in ((engineer, 403), (stranger, 404)):
        other = APIClient()
        other.force_login(person)
        assert other.get(f"{BASE}screening/own/").status_code == code
        assert other.post(f"{BASE}screening/exam/").status_code == code
    _token, secret = create_token(
        person=person_factory("tom", project, "labeler"), name="x", scopes=["export"]
    )
    other = APIClient(headers={"Authorization": f"Bearer {secret}"})
    assert other.post(f"{BASE}screening/exam/").status_code == 403


def test_an_unscreened_project_asks_for_nothing(project, labeler):
    made = APIClient()
    made.force_login(labeler)
    told = own(made)
    assert (told["screened"], told["present"]) == (False, "work")
    make_tasks(project, 1)
    assert ask(made, "labeling/next").json()["screening"] is None
    assert not AuditEvent.objects.filter(action__startswith="screening").exists()
