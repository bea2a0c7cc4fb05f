"""What the description does not name is refused, and types are what it says."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from config.asking import wrong_types
from config.openapi import resolved

BASE = "/api/v1/projects/essays/"


@pytest.fixture
def client(admin):
    client = APIClient()
    client.force_login(admin)
    return client


@pytest.mark.parametrize(
    ("path", "query", "known"),
    [
        ("items/", "langauge=el", "language"),
        ("gold/", "shows=retired", "show"),
        ("runs/", "snapshots=1", "snapshot"),
        ("", "x=1", "-"),
        ("items.csv", "cursor=x", "language"),
    ],
)
def test_an_unknown_parameter_is_refused_with_the_known_ones(client, path, query, known):
    answer = client.get(f"{BASE}{path}?{query}")
    assert answer.status_code == 400
    (said,) = answer.json()["errors"][query.split("=")[0]]
    assert known in said


def test_posts_have_no_parameters_in_the_address_either(client):
    answer = client.post(f"{BASE}labeling/next/?holding=1", {}, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["holding"])


def test_a_parameter_is_sent_once_and_is_one_of_its_choices(client):
    twice = client.get(f"{BASE}items/?language=el&language=ja")
    assert (twice.status_code, list(twice.json()["errors"])) == (400, ["language"])
    other = client.get(f"{BASE}labelers/?order=height")
    assert (other.status_code, list(other.json()["errors"])) == (400, ["order"])
    assert client.get(f"{BASE}labelers/?order=-name").status_code == 200


@pytest.mark.parametrize(("value", "status"), [("true", 200), ("false", 200), ("null", 400)])
def test_what_is_true_or_false_is_nothing_else(client, value, status):
    assert client.get(f"/api/v1/projects/?archived={value}").status_code == status


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": 7}, "name"),
        ({"overlap": "3", "kind_options": []}, "kind_options"),
        ({"gold_rate": "0.1"}, "gold_rate"),
        ({"shows_gold_score": "yes"}, "shows_gold_score"),
        ({"lease_seconds": True}, "lease_seconds"),
        ({"covered_tags": [1]}, "covered_tags"),
        ([], "non_field_errors"),
    ],
)
def test_values_of_another_type_are_refused(client, project, body, field):
    answer = client.patch(BASE, body, format="json")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    project.refresh_from_db()
    assert project.name == "Essays"


def test_whole_numbers_may_have_a_point(client):
    assert client.patch(BASE, {"lease_seconds": 120.0}, format="json").status_code == 200


def test_types_are_found_at_any_depth():
    document = {"components": {"schemas": {"Inner": {"properties": {"n": {"type": "integer"}}}}}}
    schema = {
        "type": "object",
        "properties": {
            "list": {"type": "array", "items": {"$ref": "#/components/schemas/Inner"}},
            "any": {},
        },
        "additionalProperties": {"type": "boolean"},
    }
    value = {"list": [{"n": 1}, {"n": "1"}], "any": 7, "other": True, "wrong": 1}

    def resolve(part):
        return resolved(part, document)

    found = dict(wrong_types(value, schema, resolve))
    assert found == {"n": "integer", "wrong": "boolean"}
    assert list(wrong_types({"list": None}, schema, resolve)) == []
