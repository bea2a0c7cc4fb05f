"""Hiring over the API."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from labelers.tokens import create_token
from tests.annotation.making_exams import make_exam, make_gold, make_written_exam

BASE = "/api/v1/projects/essays/screening/"


def client_of(person) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


@pytest.fixture
def exam(project, labeler):
    return make_exam(labeler, make_gold(project, 4), "rrrw", log_odds=-0.1)


def test_from_the_funnel_to_a_decision(exam, admin, engineer):
    client = client_of(engineer)
    steps = {step["name"]: step for step in client.get(f"{BASE}funnel/").json()["steps"]}
    assert steps["waiting"] == {
        **{"name": "waiting", "title": "Waits for a decision", "count": 1, "hours": None}
    }
    (listed,) = client.get(f"{BASE}candidates/").json()["results"]
    assert (listed["labeler"], listed["place"], listed["waits"]) == ("aiko", "waiting", True)
    (attempt,) = listed["exams"]
    assert (attempt["verdict"], attempt["items"], attempt["accuracy"]) == ("borderline", 4, 0.75)
    assert attempt["low"] < 0.75 < attempt["high"]
    url = f"{BASE}candidates/{exam.person_id}/"
    shown = client.get(url).json()
    assert [item["right"] for item in shown["items"]] == [1, 1, 1, 0]
    assert shown["items"][0]["expected"] == {"choice": "a", "strength": "better"}
    body = {"exam": 1, "verdict": "failed", "note": "Careless."}
    assert client.post(f"{url}decision/", body, format="json").status_code == 403
    client = client_of(admin)
    decided = client.post(f"{url}decision/", body, format="json").json()
    assert (decided["place"], decided["exams"][0]["decided_by"]) == ("failed", "ada")
    again = client.post(f"{url}decision/", {"exam": 1, "verdict": "passed"}, format="json")
    assert (again.status_code, list(again.json()["errors"])) == (400, ["note"])
    allowed = client.post(f"{url}attempt/", {}, format="json").json()
    assert allowed == {"attempts_allowed": 2}
    again = client.post(f"{url}attempt/", {}, format="json")
    assert again.status_code == 200  # still the second attempt, not a third
    assert again.json() == {"attempts_allowed": 2}


def test_the_file(exam, admin):
    answer = client_of(admin).get(f"{BASE}candidates.csv", headers={"Accept": "text/csv"})
    assert answer.headers["Content-Disposition"].endswith('"essays-candidates.csv"')
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[1].startswith("aiko,L-")


def test_texts_come_without_names_and_are_scored_once(project_factory, person_factory):
    project = project_factory("letters", kind="demonstration")
    admin = person_factory("ada", project, "admin")
    author = person_factory("chika", project, "labeler")
    exam = make_written_exam(author, make_gold(project, 2, k=1, answer=None))
    client = client_of(admin)
    url = "/api/v1/projects/letters/screening/texts/"
    texts = client.get(url).json()["results"]
    assert len(texts) == 2
    assert set(texts[0]) == {"judgment", "prompt", "answer"}
    candidate = f"/api/v1/projects/letters/screening/candidates/{author.pk}/"
    assert [item["answer"] for item in client.get(candidate).json()["items"]] == [None, None]
    body = {"judgment": texts[0]["judgment"], "score": 6}
    assert client.post(url, body, format="json").status_code == 201
    shown = client.get(candidate).json()["items"]
    assert {item["answer"] and item["scores"][0]["score"] for item in shown} == {None, 6}
    again = client.post(url, body, format="json")
    assert (again.status_code, list(again.json()["errors"])) == (400, ["score"])
    for bad in ({"score": 8}, {"judgment": 0}):
        refused = client.post(url, body | bad, format="json")
        assert (refused.status_code, list(refused.json()["errors"])) == (400, list(bad))
    assert exam.pk


@pytest.mark.parametrize("path", ["funnel/", "candidates/", "candidates.csv", "policy/"])
@pytest.mark.parametrize(
    ("role", "status"), [("admin", 200), ("engineer", 200), ("labeler", 403), ("stranger", 404)]
)
def test_who_may_read(request, exam, path, role, status):
    client = client_of(request.getfixturevalue(role))
    answer = client.get(f"{BASE}{path}")
    assert answer.status_code == status
    assert client.get(f"{BASE}candidates/{exam.person_id}/").status_code == status


def test_only_admins_score_texts(project, engineer, admin):
    assert client_of(engineer).get(f"{BASE}texts/").status_code == 403
    assert client_of(admin).get(f"{BASE}texts/").json()["results"] == []


def test_nobody_else_is_a_candidate(project, admin, stranger):
    assert client_of(admin).get(f"{BASE}candidates/{stranger.pk}/").status_code == 404
    assert client_of(admin).get(f"{BASE}candidates/999999/").status_code == 404


def test_tokens_need_their_scope(exam, admin):
    for scope, status in (("admin", 200), ("label", 403)):
        _token, secret = create_token(person=admin, name="bot", scopes=[scope])
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert client.get(f"{BASE}candidates/").status_code == status
