"""What has not changed is not sent again, and nobody overwrites what they have not seen."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from labelers.models import Project
from tests.at_once import at_once

URL = "/api/v1/projects/essays/"


@pytest.fixture
def client(admin):
    client = APIClient()
    client.force_login(admin)
    return client


def change(client, etag, **fields):
    return client.patch(URL, fields, format="json", headers={"If-Match": etag})


def test_what_has_not_changed_is_not_sent_again(client):
    first = client.get(URL)
    etag = first["ETag"]
    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = client.get(URL, headers={"If-None-Match": given})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
        assert "RateLimit" in again
    Project.objects.update(description="new")
    changed = client.get(URL, headers={"If-None-Match": etag})
    assert (changed.status_code, changed["ETag"] == etag) == (200, False)


def test_answers_are_for_one_person_and_asked_for_again(client):
    assert client.get(URL)["Cache-Control"] == "private, no-cache"


def test_errors_and_files_have_no_etag(client):
    assert "ETag" not in client.get("/api/v1/projects/nowhere/")
    assert "ETag" not in client.get(f"{URL}items.csv")


def test_a_change_of_what_was_read_is_made(client):
    etag = client.get(URL)["ETag"]
    assert change(client, etag, name="Better").status_code == 200
    assert Project.objects.get(slug="essays").name == "Better"


def test_a_change_of_what_somebody_else_changed_is_refused(client):
    etag = client.get(URL)["ETag"]
    Project.objects.update(name="Theirs")
    refused = change(client, etag, name="Mine")
    assert (refused.status_code, refused["Content-Type"]) == (412, "application/problem+json")
    assert "read it again" in refused.json()["detail"]
    assert Project.objects.get(slug="essays").name == "Theirs"


def test_any_state_will_do_for_a_star_and_none_for_a_weak_name(client):
    assert change(client, "*", name="Better").status_code == 200
    etag = client.get(URL)["ETag"]
    assert change(client, f"W/{etag}", name="Best").status_code == 412


def test_conditions_tell_a_stranger_nothing(stranger):
    client = APIClient()
    client.force_login(stranger)
    assert change(client, '"x"', name="Mine").status_code == 404


def test_a_condition_does_not_open_what_one_may_only_read(client, engineer):
    reader = APIClient()
    reader.force_login(engineer)
    etag = reader.get(URL)["ETag"]
    assert change(reader, etag, name="Mine").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_of_many_who_saw_the_same_one_changes_it(admin):
    def sign_in():
        client = APIClient()
        client.force_login(admin)
        return client

    etag = sign_in().get(URL)["ETag"]
    statuses = []

    def one():
        statuses.append(change(sign_in(), etag, name="Mine").status_code)

    assert at_once(*[one] * 8) == []
    assert sorted(statuses) == [200] + [412] * 7
