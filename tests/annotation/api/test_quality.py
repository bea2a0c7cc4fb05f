"""Kept figures over the API: the same as on the pages, in the reader's language."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from annotation.api import quality
from annotation.consensus import aggregating
from annotation.figures import keeping_figures
from labelers.tokens import create_token
from tests.annotation.crowds import crowd_of

BASE = "/api/v1/projects/essays/"
VIEWS = {
    "quality": quality.QualitySerializer,
    "agreement": quality.AgreementSerializer,
    "labeler-pairs": quality.LabelerPairsSerializer,
    "over-time": quality.AgreementWeeksSerializer,
    "disagreement": quality.DisagreementSerializer,
}


@pytest.fixture
def crowd(project_factory, person_factory):
    """A project with a crowd of four, and its admin."""
    project = project_factory("essays", overlap=3, gold_rate=0)
    people = [person_factory(f"l{n}", project, "labeler") for n in range(4)]
    crowd_of(project, people, tasks=40)
    aggregating.refresh_consensus(project=project)
    return project, person_factory("ada", project, "admin")


def client_of(person):
    client = APIClient()
    client.force_login(person)
    return client


@pytest.mark.parametrize("name", list(VIEWS))
def test_what_comes_is_what_the_schema_says(crowd, name):
    body = client_of(crowd[1]).get(f"{BASE}{name}/").json()
    assert body["is_current"]
    assert body["as_of"]
    described = VIEWS[name](body).data
    assert set(described) == set(body)


def test_agreement_in_full(crowd):
    body = client_of(crowd[1]).get(f"{BASE}agreement/").json()
    percent = body["coefficients"][0]
    assert percent["name"] == "percent"
    assert percent["title"] == "Percent agreement"
    assert percent["low"] < percent["value"] < percent["high"]
    assert body["gold"]["reason"]
    assert {row["part"] for row in body["by"]["language"]} == {"en", "ja", "de"}


@pytest.mark.parametrize("name", list(VIEWS))
def test_first_figures_are_awaited(crowd, name, monkeypatch):
    monkeypatch.setattr(keeping_figures, "SMALL", -1)
    answer = client_of(crowd[1]).get(f"{BASE}{name}/")
    assert (answer.status_code, answer.json()) == (202, {"as_of": None, "is_current": False})


@pytest.mark.parametrize("name", [*(f"{view}/" for view in VIEWS), "quality/pairs.csv"])
def test_who_may_ask(project, name, admin, labeler, stranger):
    statuses = {admin: 200, labeler: 403, stranger: 404}
    for person, status in statuses.items():
        assert client_of(person).get(BASE + name).status_code == status
    for scope, status in (("export", 200), ("label", 403)):
        _token, secret = create_token(person=admin, name=scope, scopes=[scope])
        bot = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert bot.get(BASE + name).status_code == status


def test_a_table_comes_as_csv(crowd):
    answer = client_of(crowd[1]).get(f"{BASE}quality/weeks.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert b"2026-W10" in b"".join(answer.streaming_content)
