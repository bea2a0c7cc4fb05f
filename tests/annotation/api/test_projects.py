"""What projects ask, over the API: the kinds, their options, and the settings under way."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from annotation.task_kinds.catalog import TASK_KINDS
from labelers.tokens import create_token

BASE = "/api/v1/projects/essays/"


def client_of(person) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


def test_every_kind_is_described_to_whoever_is_signed_in(labeler):
    assert APIClient().get("/api/v1/task-kinds/").status_code == 401
    kinds = client_of(labeler).get("/api/v1/task-kinds/").json()
    assert [kind["name"] for kind in kinds] == list(TASK_KINDS)
    ranking = next(kind for kind in kinds if kind["name"] == "ranking")
    assert ranking["options"][0] == {
        **{"name": "k", "shape": "number", "title": "Responses per item", "default": 4},
        **{"help": ranking["options"][0]["help"], "low": 2, "high": 9},
    }
    _token, secret = create_token(person=labeler, name="bot", scopes=["export"])
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert client.get("/api/v1/task-kinds/").status_code == 200


def test_the_settings_of_correcting_gold_and_covering_change(project, admin, labeler):
    change = {"correction_seconds": 60, "shows_gold_score": False, "covered_tags": ["violence"]}
    assert client_of(labeler).patch(BASE, change, format="json").status_code == 403
    body = client_of(admin).patch(BASE, change, format="json").json()
    assert {name: body["settings"][name] for name in change} == change


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("correction_seconds", 30 * 86400 + 1),
        ("correction_seconds", -1),
        ("shows_gold_score", "perhaps"),
        ("covered_tags", "violence"),
        ("covered_tags", ["x" * 61]),
        ("kind_options", {"k": 3}),
    ],
)
def test_bad_settings_are_refused_by_field(project, admin, field, value):
    refused = client_of(admin).patch(BASE, {field: value}, format="json")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])


@pytest.mark.parametrize(("given", "kept"), [({}, None), ({"ask_people": "true"}, True)])
def test_an_import_says_whom_to_ask(project, admin, given, kept):
    file = SimpleUploadedFile("rows.jsonl", b'{"prompt": "Why?"}')
    sent = {"file": file, "format": "judgments", **given}
    made = client_of(admin).post(f"{BASE}imports/", sent, format="multipart")
    assert (made.status_code, made.json()["ask_people"]) == (202, kept)
