"""The guidelines over the API."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from annotation import configuring
from annotation.models import GuidelinesRead
from labelers.tokens import create_token

URL = "/api/v1/projects/essays/guidelines/"


def client_of(person) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


def test_published_by_an_admin_and_read_by_a_labeler(project, admin, labeler):
    new = {"text": "Be kind.", "note": "", "after": 0}
    assert client_of(labeler).post(URL, new, format="json").status_code == 403
    made = client_of(admin).post(URL, new, format="json")
    assert (made.status_code, made.json()["version"], made.json()["created_by"]) == (201, 1, "ada")
    seen = client_of(labeler).get(URL).json()
    assert seen["unread"] == {"version": 1, "note": "", "since": None, "is_change": False}
    assert [(v["version"], v["created_by"]) for v in seen["versions"]] == [(1, None)]
    read = client_of(labeler).post(f"{URL}read/", {"version": 1}, format="json")
    assert read.status_code == 204
    assert GuidelinesRead.objects.filter(person=labeler).exists()
    assert client_of(labeler).get(URL).json()["unread"] is None


def test_bad_input_names_its_field(project, admin):
    configuring.publish_guidelines(project=project, text="Be kind.", created_by=admin)
    client = client_of(admin)
    for body, field in (
        ({"text": " "}, "text"),
        ({}, "text"),
        ({"text": "Be kind. "}, "text"),
        ({"text": "Other.", "after": 5}, "after"),
        ({"text": "Other.", "note": "x" * 201}, "note"),
    ):
        refused = client.post(URL, body, format="json")
        assert (refused.status_code, list(refused.json()["errors"])) == (400, [field]), body
    refused = client.post(f"{URL}read/", {"version": 2}, format="json")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["version"])


@pytest.mark.parametrize(("role", "status"), [("stranger", 404), ("engineer", 200)])
def test_members_alone_read_them(request, project, role, status):
    assert client_of(request.getfixturevalue(role)).get(URL).status_code == status


def test_a_token_to_label_marks_them_read_and_publishes_nothing(project, admin):
    configuring.publish_guidelines(project=project, text="Be kind.", created_by=None)
    _token, secret = create_token(person=admin, name="bot", scopes=["label"])
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert client.get(URL).status_code == 200
    assert client.post(f"{URL}read/", {"version": 1}, format="json").status_code == 204
    assert client.post(URL, {"text": "Other."}, format="json").status_code == 403
