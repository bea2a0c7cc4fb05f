"""The API of imports: sent, previewed, held, ended, and only by those who may."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from annotation import importing
from annotation.models import ImportBatch, Prompt
from tests.annotation.api.test_labeling import BASE, client_of

ROWS = b'{"q": "Why?", "answer1": "a", "answer2": "b"}\n{"q": ""}\n'


@pytest.fixture
def client(project, person_factory):
    admin = person_factory("ada")
    project.memberships.create(person=admin, role="admin")
    return client_of(admin)


def send(client, **fields):
    file = SimpleUploadedFile("rows.jsonl", ROWS)
    return client.post(f"{BASE}imports/", {"file": file, "format": "guess"} | fields)


def test_a_file_is_previewed_read_again_and_confirmed(project, client):
    answer = send(client, previews="true", columns=json.dumps({}))
    assert answer.status_code == 202, answer.content
    uid = answer.json()["uid"]
    one = f"{BASE}imports/{uid}/"
    importing.run_import(uid=uid)
    assert client.get(one).json()["state"] == "preview"
    how = {"format": "table", "columns": {"prompt": "q", "response_1": "answer1"}}
    assert client.put(f"{one}preview/", how, format="json").json()["state"] == "queued"
    importing.run_import(uid=uid)
    found = client.get(f"{one}preview/").json()
    assert found["mapped"] == how["columns"]
    assert [(one["line"], one["field"], one["count"]) for one in found["left_out"]] == [
        (1, "responses", 1),
        (2, "prompt", 1),
    ]
    refused = client.post(f"{one}confirm/", {}, format="json")
    assert (refused.status_code, refused.json()["title"]) == (409, "Not now")
    answer = client.post(f"{one}confirm/", {"skip_bad": True}, format="json")
    assert answer.json()["state"] == "writing"
    assert client.post(f"{one}pause/").json()["state"] == "paused"
    assert client.post(f"{one}resume/").json()["state"] == "writing"
    importing.run_import(uid=uid)
    assert Prompt.objects.count() == 1
    rows = [json.loads(row) for row in b"".join(client.get(f"{one}refused/")).splitlines()]
    assert [row["line"] for row in rows] == [2]
    assert client.post(f"{one}cancel/").status_code == 409


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"format": "word"}, "format"),
        ({"columns": "[1]"}, "columns"),
        ({"format": "trl", "columns": '{"x": "y"}'}, "no field of trl"),
        ({"personal": "burn"}, "personal"),
    ],
)
def test_what_is_sent_wrongly_is_named(project, client, fields, said):
    answer = send(client, **fields)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not ImportBatch.objects.exists()


def test_a_data_set_is_asked_for_by_its_id(project, client):
    answer = client.post(
        f"{BASE}imports/dataset/", {"dataset": "team/pairs", "format": "guess"}, format="json"
    )
    assert (answer.status_code, answer.json()["state"]) == (202, "fetching")
    answer = client.post(
        f"{BASE}imports/dataset/", {"dataset": "http://10.0.0.1/x", "format": "trl"}, format="json"
    )
    assert answer.status_code == 400


def test_only_managers_do_anything_with_imports(project, person_factory, client):
    uid = send(client).json()["uid"]
    labeler = person_factory("lab")
    project.memberships.create(person=labeler, role="labeler")
    stranger = person_factory("nobody")
    for person in (labeler, stranger):
        other = client_of(person)
        for deed in ("confirm", "pause", "resume", "cancel"):
            assert other.post(f"{BASE}imports/{uid}/{deed}/").status_code in (403, 404)
        for look in ("", "preview/", "refused/"):
            assert other.get(f"{BASE}imports/{uid}/{look}").status_code in (403, 404)
    assert client.get(f"{BASE}imports/{uid}/refused/").status_code == 404
