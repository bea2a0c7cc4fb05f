"""The screening policy over the API."""

from __future__ import annotations

from rest_framework.test import APIClient

from annotation.entry import hiring

BASE = "/api/v1/projects/essays/screening/"


def client_of(person) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


def test_a_policy_is_read_and_changed(project, admin, engineer):
    url = f"{BASE}policy/"
    before = client_of(engineer).get(url).json()
    assert (before["is_screened"], before["quiz"], before["good_accuracy"]) == (False, [], 0.85)
    change = {"is_screened": True, "exam_most": 70, "quiz": [{"question": "?", "choices": ["a"]}]}
    assert client_of(engineer).patch(url, change, format="json").status_code == 403
    refused = client_of(admin).patch(url, change, format="json")
    assert refused.json()["errors"] == {"quiz": ["Question 1: choices: give 2 to 8 texts."]}
    change["quiz"] = [{"question": "Why?", "choices": ["a", "b"], "right": 1}]
    changed = client_of(admin).patch(url, change, format="json").json()
    assert (changed["is_screened"], changed["exam_most"]) == (True, 70)
    assert changed["quiz"][0]["explanation"] == ""


def test_consent_forms_have_versions(project, admin, labeler):
    url = f"{BASE}consent-forms/"
    client = client_of(admin)
    for text in ("I agree.", "I agree more."):
        assert client.post(url, {"text": text}, format="json").status_code == 201
    assert [form["version"] for form in client.get(url).json()["results"]] == [2, 1]
    assert client_of(labeler).get(url).status_code == 403


def test_the_length_of_other_numbers_can_be_tried(project, admin):
    hiring.change_policy(project=project, changed_by=admin, exam_most=60)
    url = f"{BASE}exam-length/"
    client = client_of(admin)
    usual = client.get(url).json()
    assert (usual["most"], usual["pool"]["gold"]) == (60, 0)
    assert [row["name"] for row in usual["labelers"]] == ["good", "between", "poor", "random"]
    tried = client.get(url, {"poor_accuracy": 0.5}).json()
    assert tried["labelers"][0]["items"] < usual["labelers"][0]["items"]
    assert hiring.policy_of(project).poor_accuracy == 0.65
    for query in ({"poor_accuracy": 0.9}, {"false_pass": 3}, {"exam_most": "x"}):
        refused = client.get(url, query)
        assert (refused.status_code, list(refused.json()["errors"])) == (400, list(query))
