"""The API: the same deeds as the pages, errors as problem documents."""

import json

import pytest
from django.urls import reverse

from exports import snapshotting
from exports.models import Snapshot
from tests.annotation.making import A_IS_BETTER

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def call(client, engineer):
    client.force_login(engineer)

    def send(method, name, key, body=None, **query):
        named = {"QUERY_STRING": "&".join(f"{k}={v}" for k, v in query.items())}
        if body is not None:
            named |= {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(client, method)(reverse(name, args=[key]), **named)

    return send


def test_from_asking_to_downloading(call, project, label):
    label(project, [A_IS_BETTER])
    made = call("post", "api-snapshots", project.slug, {"name": "May", "filters": {"tags": []}})
    assert made.status_code == 202
    body = made.json()
    assert body["state"] == "queued"
    assert body["project"] == "essays"
    assert body["fractions"] == {"train": 0.8, "validation": 0.1, "test": 0.1}
    early = call("get", "api-snapshot-download", body["uid"], format="hh_rlhf")
    assert early.status_code == 409
    assert early["Content-Type"] == "application/problem+json"
    snapshotting.build_snapshot(snapshot_uid=body["uid"])
    done = call("get", "api-snapshot", body["uid"]).json()
    assert done["state"] == "done"
    assert done["counts"]["records"] == {"preference": 1}
    file = call("get", "api-snapshot-download", body["uid"], format="trl_preference", margin="true")
    assert json.loads(b"".join(file.streaming_content))["margin"] == pytest.approx(2 / 3, abs=1e-6)
    manifest = call("get", "api-snapshot-manifest", body["uid"]).json()
    assert manifest["digest"] == done["digest"]
    listed = call("get", "api-snapshots", project.slug).json()["results"]
    assert [each["uid"] for each in listed] == [body["uid"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "x", "filters": {"person__password": "a"}}, "filters"),
        ({"name": "x", "filters": []}, "filters"),
        ({"name": "x", "fractions": {"train": 1}}, "fractions"),
        ({"name": "x", "fractions": {"train": 1, "validation": 1, "test": 0}}, "fractions"),
    ],
)
def test_errors_name_their_field(call, project, body, field):
    response = call("post", "api-snapshots", project.slug, body)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert field in response.json()["errors"]
    assert not Snapshot.objects.exists()


def test_a_preview_makes_nothing(call, project, label):
    label(project, [A_IS_BETTER])
    found = call("post", "api-snapshot-preview", project.slug, {}).json()
    assert found["labeled"] == found["used"] == 1
    assert found["complete"]
    assert sum(found["splits"]["preference"].values()) == 1
    assert not Snapshot.objects.exists()
    refused = call("post", "api-snapshot-preview", project.slug, {"filters": {"x": 1}})
    assert refused.json()["errors"]["filters"]


@pytest.mark.parametrize("query", [{}, {"format": "json"}, {"format": "hh_rlhf", "split": "x"}])
def test_downloads_that_cannot_be_had(call, project, label, freeze, query):
    label(project, [A_IS_BETTER])
    response = call("get", "api-snapshot-download", freeze(project).uid, **query)
    assert response.status_code == 400
    assert "choose one of" in response.json()["detail"]
