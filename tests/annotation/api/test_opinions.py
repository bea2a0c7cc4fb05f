"""Opinions, the target population and biases over the API."""

from __future__ import annotations

import json

import pytest
from rest_framework.test import APIClient

from labelers.tokens import create_token
from tests.annotation.figures.test_biases import planted
from tests.annotation.voices.test_opinions import survey

BASE = "/api/v1/projects/essays/"


def client_of(person) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


def test_small_cells_are_null_here_too(project, admin):
    survey(project, woman=6, man=12, other=2)
    found = client_of(admin).get(f"{BASE}opinions/").json()
    (row,) = found["survey"]["dimensions"]
    people = {cell["value"]: cell["people"] for cell in row["cells"]}
    assert people == {"woman": None, "man": 12, "other": None, "": None}
    assert (found["least"], found["groups"]) == (5, [])
    assert '"people": 6' not in json.dumps(found)


def test_the_target_population(project, admin, engineer):
    url = f"{BASE}population/"
    body = {"population": {"gender": {"woman": 0.6, "man": 0.4}}}
    assert client_of(engineer).put(url, body, format="json").status_code == 403
    assert client_of(admin).put(url, body, format="json").json() == body
    assert client_of(engineer).get(url).json() == body
    for wrong, field in (
        ({"population": {"gender": {"woman": 0.6}}}, "gender"),
        ({"population": {"shoes": {"big": 1}}}, "shoes"),
        ({"population": {"gender": {"woman": 2}}}, "population"),
    ):
        refused = client_of(admin).put(url, wrong, format="json")
        assert (refused.status_code, list(refused.json()["errors"])) == (400, [field])


def test_biases_with_their_advice(project, admin):
    planted(project, 0.9)
    found = client_of(admin).get(f"{BASE}biases/").json()
    assert found["length"]["verdict"] == "learns"
    assert found["length"]["advice"][0].startswith("A reward model would learn length")
    assert found["length"]["curve"][0]["from"] == 1.0
    assert found["position"]["share"]["n"] == found["judgments"] == 300


def test_the_file(project, admin):
    answer = client_of(admin).get(f"{BASE}opinions.csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert b"figure,dimension" in b"".join(answer.streaming_content)


@pytest.mark.parametrize("name", ["opinions/", "opinions.csv", "biases/", "population/"])
@pytest.mark.parametrize(("role", "status"), [("labeler", 403), ("stranger", 404)])
def test_who_may_not(request, project, name, role, status):
    assert client_of(request.getfixturevalue(role)).get(BASE + name).status_code == status


def test_a_token_to_label_reads_nothing(project, admin):
    _token, secret = create_token(person=admin, name="bot", scopes=["label"])
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert client.get(f"{BASE}opinions/").status_code == 403
