"""The API of annotation: who may, what it says, and what it never tells."""

from __future__ import annotations

import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from annotation import tasking
from annotation.candidates import KnownAnswer
from annotation.models import Judgment
from labelers.tokens import create_token
from tests.annotation.making import candidate, make_tasks

BASE = "/api/v1/projects/essays/"


def client_of(person) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


def next_item(client, holding=()):
    response = client.post(f"{BASE}labeling/next/", {"holding": list(holding)}, format="json")
    assert response.status_code == 200, response.content
    return response.json()


def body(item, **fields):
    return {
        "assignment": item["assignment"],
        "client_id": str(uuid.uuid4()),
        "answer": {"choice": "a", "strength": "better"},
    } | fields


def test_labeling_goes_from_item_to_item_in_one_request_each(project, labeler):
    make_tasks(project, 2)
    client = client_of(labeler)
    first = next_item(client)
    assert first["work"] == {"done": 0, "done_today": 0, "left": 2, "guidelines": None}
    answer = client.post(f"{BASE}labeling/judgments/", body(first["item"]), format="json")
    assert answer.status_code == 201
    told = answer.json()
    assert told["item"]["assignment"] != first["item"]["assignment"]
    assert told["work"] == {"done": 1, "done_today": 1, "left": 1, "guidelines": None}
    last = client.post(f"{BASE}labeling/judgments/", body(told["item"]), format="json").json()
    assert last["item"] is None
    assert Judgment.objects.count() == 2


def test_gold_and_ordinary_items_look_the_same_and_name_no_source(project_factory, person_factory):
    project = project_factory("essays", gold_rate=0.5)
    tasking.add_candidates(
        project=project,
        added_by=None,
        candidates=[candidate(n, gold=KnownAnswer([1, 2])) for n in range(100, 110)],
    )
    make_tasks(project, 10)
    client = client_of(person_factory("aya", project, "labeler"))
    shapes, standings = set(), set()
    for _ in range(20):
        item = next_item(client)["item"]
        if item is None:
            break
        text = json.dumps(item)
        assert "model-" not in text
        assert "gold" not in text
        shapes.add((tuple(sorted(item)), tuple(sorted(item["responses"][0]))))
        sent = body(item, want_next=False)
        told = client.post(f"{BASE}labeling/judgments/", sent, format="json").json()
        standings.add(tuple(sorted(told)))
    assert len(shapes) == len(standings) == 1
    assert set(Judgment.objects.values_list("standing", flat=True)) == {"gold", "counted"}


def test_a_bad_answer_is_a_problem_document_naming_the_field(project, labeler):
    make_tasks(project)
    client = client_of(labeler)
    item = next_item(client)["item"]
    response = client.post(
        f"{BASE}labeling/judgments/", body(item, answer={"choice": "z"}), format="json"
    )
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    assert "answer.choice" in response.json()["detail"]


def test_an_item_of_somebody_else_is_a_conflict(project, labeler, person_factory):
    make_tasks(project)
    item = next_item(client_of(labeler))["item"]
    other = client_of(person_factory("bo", project, "labeler"))
    response = other.post(f"{BASE}labeling/judgments/", body(item), format="json")
    assert (response.status_code, Judgment.objects.count()) == (409, 0)


def test_undo_skip_and_draft(project, labeler):
    make_tasks(project, 2)
    client = client_of(labeler)
    item = next_item(client)["item"]
    draft = {"assignment": item["assignment"], "draft": {"reason": "half a thought"}}
    assert client.put(f"{BASE}labeling/draft/", draft, format="json").status_code == 204
    assert next_item(client)["item"]["draft"] == {"reason": "half a thought"}
    client.post(f"{BASE}labeling/judgments/", body(item, want_next=False), format="json")
    back = client.post(f"{BASE}labeling/undo/").json()["item"]
    assert back["assignment"] == item["assignment"]
    assert back["draft"]["answer"] == {"choice": "a", "strength": "better"}
    skipped = client.post(
        f"{BASE}labeling/skip/", {"assignment": item["assignment"]}, format="json"
    )
    assert skipped.json()["item"]["assignment"] != item["assignment"]


READERS_ONLY = {
    "admin": 200,
    "engineer": 200,
    "labeler": 403,
    "stranger": 404,
    None: 401,
}
EVERY_MEMBER = READERS_ONLY | {"labeler": 200}
GET = {
    "": EVERY_MEMBER,
    "imports/": READERS_ONLY,
    "quality/": READERS_ONLY,
}


@pytest.mark.parametrize("role", list(READERS_ONLY))
@pytest.mark.parametrize("path", list(GET))
def test_who_may_read_what(request, project, path, role):
    client = APIClient()
    if role is not None:
        client.force_login(request.getfixturevalue(role))
    assert client.get(BASE + path).status_code == GET[path][role]


@pytest.mark.parametrize(
    ("role", "status"), {"admin": 200, "engineer": 403, "labeler": 200, "stranger": 404}.items()
)
def test_who_may_label(request, project, role, status):
    client = client_of(request.getfixturevalue(role))
    assert client.post(f"{BASE}labeling/next/", {}, format="json").status_code == status


def test_only_staff_make_projects_and_become_their_admins(admin, person_factory):
    new = {"name": "Letters", "kind": "ranking", "kind_options": {"k": 5}}
    url = "/api/v1/projects/"
    assert client_of(admin).post(url, new, format="json").status_code == 403
    made = client_of(person_factory("root", is_staff=True)).post(url, new, format="json")
    assert (made.status_code, made.json()["roles"]) == (201, ["admin"])
    assert made.json()["settings"]["kind_options"] == {"ties": True, "k": 5, "criteria": []}
    bad = client_of(person_factory("r2", is_staff=True)).post(
        url, new | {"kind_options": {"k": 99}}, format="json"
    )
    assert bad.status_code == 400
    assert "kind_options" in bad.json()["errors"]


def test_a_file_comes_in_over_the_api(project, admin, engineer):
    def send(person, content=b'{"prompt": "Why?"}', **fields):
        file = SimpleUploadedFile("rows.jsonl", content)
        return client_of(person).post(f"{BASE}imports/", {"file": file, **fields})

    sent = send(admin, format="accord")
    assert (sent.status_code, sent.json()["state"]) == (202, "queued")
    uid = sent.json()["uid"]
    assert client_of(engineer).get(f"{BASE}imports/{uid}/").json()["file_name"] == "rows.jsonl"
    assert send(engineer, format="accord").status_code == 403
    refused = send(admin, format="word")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["format"])


def test_an_import_of_another_project_is_not_there(project, admin, stranger):
    file = SimpleUploadedFile("rows.jsonl", b'{"prompt": "Why?"}')
    uid = client_of(admin).post(f"{BASE}imports/", {"file": file, "format": "accord"}).json()["uid"]
    other = f"/api/v1/projects/elsewhere/imports/{uid}/"
    assert client_of(stranger).get(other).status_code == 404


def test_a_token_labels_only_with_its_scope(project, labeler):
    make_tasks(project)
    for scopes, status in ((["label"], 200), (["export"], 403)):
        _token, secret = create_token(person=labeler, name="bot", scopes=scopes)
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
        response = client.post(f"{BASE}labeling/next/", {}, format="json")
        assert response.status_code == status


def test_cookies_need_the_csrf_token(project, labeler):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(labeler)
    response = client.post(f"{BASE}labeling/next/", {}, format="json")
    assert (response.status_code, "CSRF" in response.json()["detail"]) == (403, True)


def test_project_settings_change_over_the_api(project, admin, engineer):
    change = {"state": "paused"}
    assert client_of(engineer).patch(BASE, change, format="json").status_code == 403
    assert client_of(admin).patch(BASE, change, format="json").json()["state"] == "paused"
    make_tasks(project)
    paused = client_of(admin).post(f"{BASE}labeling/next/", {}, format="json")
    assert (paused.status_code, "paused" in paused.json()["detail"]) == (409, True)


def test_what_is_left_goes_down_with_every_item_gold_or_not(project_factory, person_factory):
    project = project_factory("essays", gold_rate=0.5)
    make_tasks(project, 4, gold=KnownAnswer([1, 2]))
    tasking.add_candidates(
        project=project, added_by=None, candidates=[candidate(n) for n in range(10, 16)]
    )
    client = client_of(person_factory("bo", project, "labeler"))
    told = next_item(client)
    left = [told["work"]["left"]]
    for _ in range(5):
        answer = client.post(f"{BASE}labeling/judgments/", body(told["item"]), format="json")
        told = answer.json()
        left.append(told["work"]["left"])
    assert left == [10, 9, 8, 7, 6, 5]


@pytest.mark.parametrize("text", ["half \ud83d", "nul \0"])
def test_text_that_no_database_keeps_is_refused(project_factory, person_factory, text):
    project = project_factory("essays", kind="demonstration", gold_rate=0)
    make_tasks(project, 1, k=1)
    client = client_of(person_factory("bo", project, "labeler"))
    item = next_item(client)["item"]
    for method, name, sent, status in (
        ("put", "draft", {"assignment": item["assignment"], "draft": {"text": text}}, 400),
        ("post", "judgments", body(item, answer={"text": text}), 400),
    ):
        # As a browser sends it: DRF's own encoder knows no half characters.
        answer = client.generic(
            method, f"{BASE}labeling/{name}/", json.dumps(sent), content_type="application/json"
        )
        assert answer.status_code == status, answer.content
