"""Comments over the API."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from annotation.models import Comment
from tests.annotation.making import make_tasks

BASE = "/api/v1/projects/essays/"


def client_of(person) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


@pytest.fixture
def url(project):
    return f"{BASE}items/{make_tasks(project)[0].pk}/comments/"


def test_said_listed_and_settled(url, admin):
    client = client_of(admin)
    made = client.post(url, {"text": "So?", "for_labelers": True}, format="json")
    assert (made.status_code, made.json()["person"]) == (201, "ada")
    assert [row["text"] for row in client.get(url).json()["results"]] == ["So?"]
    assert [row["text"] for row in client.get(f"{BASE}notes/").json()["results"]] == ["So?"]
    one = f"{BASE}comments/{made.json()['id']}/"
    done = client.patch(one, {"resolved": True}, format="json").json()
    assert (done["resolved_by"], done["resolved_at"] is None) == ("ada", False)
    assert client.get(f"{BASE}notes/").json()["results"] == []
    assert client.patch(one, {"resolved": False}, format="json").json()["resolved_at"] is None


def test_a_note_is_answered_by_a_version(url, admin):
    client = client_of(admin)
    note = client.post(url, {"text": "So?", "for_labelers": True}, format="json").json()["id"]
    body = {"text": "Be kind.", "notes": [note]}
    made = client.post(f"{BASE}guidelines/", body, format="json")
    assert made.status_code == 201
    assert client.get(url).json()["results"][0]["guidelines"] == 1
    body["text"] = "Be fair."
    refused = client.post(f"{BASE}guidelines/", body, format="json")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["notes"])


@pytest.mark.parametrize(("role", "status"), [("labeler", 403), ("stranger", 404)])
def test_who_may_not(request, url, role, status):
    client = client_of(request.getfixturevalue(role))
    assert client.get(url).status_code == status
    assert client.post(url, {"text": "So?"}, format="json").status_code == status
    assert client.get(f"{BASE}notes/").status_code == status
    assert not Comment.objects.exists()
