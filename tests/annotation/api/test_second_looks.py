"""Second looks over the API: the queue, opening, deciding, passing over; and blindness."""

from __future__ import annotations

import uuid

import pytest
from rest_framework.test import APIClient

from annotation.models import Judgment
from labelers.models import AuditEvent
from labelers.tokens import create_token
from tests.annotation.review.test_adjudicating import dispute

BASE = "/api/v1/projects/essays/second-looks/"
CHOICE = {"choice": "a", "strength": "better"}


def client_of(person) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


@pytest.fixture
def judge(project, person_factory):
    return person_factory("jun", project, "adjudicator")


@pytest.fixture
def disputed(project, person_factory):
    return dispute(project, person_factory, 2)


def claim(client, **body):
    return client.post(f"{BASE}claim/", body, format="json")


def test_from_the_queue_to_a_decision(project, disputed, judge):
    client = client_of(judge)
    queue = client.get(BASE).json()
    assert queue["progress"] == {"waiting": 2, "decided": 0, "own": 0, "in_hand": 0}
    assert [item["task"] for item in queue["items"]] == [task.pk for task in disputed]
    look = claim(client).json()["look"]
    assert [said["letter"] for said in look["said"]] == ["A", "B"]
    body = {
        "assignment": look["item"]["assignment"],
        "client_id": str(uuid.uuid4()),
        "answer": CHOICE,
        "reason": "It answers.",
    }
    made = client.post(f"{BASE}decide/", body, format="json")
    assert (made.status_code, made.json()["revision"]) == (201, 1)
    again = client.post(f"{BASE}decide/", body, format="json")
    assert again.json()["judgment"] == made.json()["judgment"]
    assert made.json()["progress"] == {"waiting": 1, "decided": 1, "own": 1, "in_hand": 0}
    assert Judgment.objects.get(pk=made.json()["judgment"]).standing == "adjudication"


def test_a_payload_names_nobody_and_no_source(project, disputed, judge):
    client = client_of(judge)
    payload = client.get(BASE).content.decode() + claim(client).content.decode()
    for judgment in Judgment.objects.select_related("person"):
        for name in (judgment.person.username, judgment.person.pseudonym):
            assert name not in payload
    for source in project.response_sources.all():
        assert source.name not in payload
    assert "person" not in payload


def test_passed_over_and_none_left(project, disputed, judge):
    client = client_of(judge)
    for _ in disputed:
        look = claim(client).json()["look"]
        passed = client.post(
            f"{BASE}pass/", {"assignment": look["item"]["assignment"]}, format="json"
        )
        assert passed.status_code == 204
    assert claim(client).json()["look"] is None
    assert AuditEvent.objects.filter(action="task.skipped").count() == 2


def test_bad_input_says_what_is_wrong(project, disputed, judge, admin):
    client = client_of(judge)
    assert claim(client, why="nonsense").status_code == 400
    assert claim(client, task=10**6).status_code == 409
    look = claim(client).json()["look"]
    taken = claim(client_of(admin), task=look["task"])
    assert (taken.status_code, taken.json()["title"]) == (409, "Not available")
    body = {
        "assignment": look["item"]["assignment"],
        "client_id": str(uuid.uuid4()),
        "answer": {"choice": "z"},
        "reason": "It answers.",
    }
    assert client.post(f"{BASE}decide/", body, format="json").status_code == 422
    assert client.post(f"{BASE}decide/", {**body, "reason": ""}, format="json").status_code == 400
    stolen = client_of(admin).post(f"{BASE}decide/", {**body, "answer": CHOICE}, format="json")
    assert stolen.status_code == 409


@pytest.mark.parametrize(
    ("role", "status"), [("labeler", 403), ("engineer", 403), ("stranger", 404), ("admin", 200)]
)
def test_who_may(request, project, disputed, role, status):
    client = client_of(request.getfixturevalue(role))
    assert client.get(BASE).status_code == status
    assert claim(client).status_code == status


def test_a_token_to_export_looks_at_nothing(project, admin):
    _token, secret = create_token(person=admin, name="bot", scopes=["export"])
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert client.get(BASE).status_code == 403
