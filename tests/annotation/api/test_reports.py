"""Reports over the API."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from annotation import assigning
from annotation.models import Report
from labelers.tokens import create_token
from tests.annotation.making import make_tasks

BASE = "/api/v1/projects/essays/"
REPORT = f"{BASE}labeling/report/"


def client_of(person) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


@pytest.fixture
def held(project, labeler):
    make_tasks(project, 1)
    return assigning.next_assignment(project=project, person=labeler)


def test_reported_listed_and_decided(project, held, labeler, admin):
    body = {"assignment": held.pk, "reason": "personal", "note": "A phone number."}
    made = client_of(labeler).post(REPORT, body, format="json")
    assert (made.status_code, made.json()) == (201, {})
    (listed,) = client_of(admin).get(f"{BASE}reports/").json()["results"]
    assert (listed["person"], listed["reason"], listed["decision"]) == ("aiko", "personal", "")
    url = f"{BASE}reports/{listed['id']}/decision/"
    assert client_of(labeler).post(url, {"decision": "keep"}, format="json").status_code == 403
    decided = client_of(admin).post(url, {"decision": "retire"}, format="json").json()
    assert (decided["decision"], decided["decided_by"]) == ("retire", "ada")
    again = client_of(admin).post(url, {"decision": "keep"}, format="json")
    assert (again.status_code, list(again.json()["errors"])) == (400, ["decision"])
    late = client_of(labeler).post(REPORT, body, format="json")
    assert (late.status_code, list(late.json()["errors"])) == (400, ["assignment"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": "ugly"}, "reason"),
        ({"note": "x" * 1001}, "note"),
        ({"assignment": 0}, "assignment"),
    ],
)
def test_bad_input_names_its_field(held, labeler, change, field):
    body = {"assignment": held.pk, "reason": "other"} | change
    refused = client_of(labeler).post(REPORT, body, format="json")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])


def test_an_item_of_somebody_else_or_of_another_project_is_a_conflict(
    held, labeler, person_factory, project, project_factory
):
    other = person_factory("bo", project, "labeler")
    body = {"assignment": held.pk, "reason": "other"}
    assert client_of(other).post(REPORT, body, format="json").status_code == 409
    labeler.memberships.create(project=project_factory("two"), role="labeler")
    url = REPORT.replace("essays", "two")
    assert client_of(labeler).post(url, body, format="json").status_code == 409
    assert not Report.objects.exists()


@pytest.mark.parametrize(("role", "status"), [("engineer", 403), ("stranger", 404)])
def test_who_may_not(request, held, role, status):
    client = client_of(request.getfixturevalue(role))
    body = {"assignment": held.pk, "reason": "other"}
    assert client.post(REPORT, body, format="json").status_code == status
    assert client.get(f"{BASE}reports/").status_code == status


def test_tokens_need_their_scopes(held, labeler, admin):
    body = {"assignment": held.pk, "reason": "other"}
    for person, scope, path, status in (
        (labeler, "label", REPORT, 201),
        (labeler, "export", REPORT, 403),
        (admin, "admin", f"{BASE}reports/", 200),
        (admin, "label", f"{BASE}reports/", 403),
    ):
        _token, secret = create_token(person=person, name="bot", scopes=[scope])
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
        answer = client.post(path, body, format="json") if path == REPORT else client.get(path)
        assert answer.status_code == status
