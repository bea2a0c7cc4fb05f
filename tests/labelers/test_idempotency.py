"""A POST sent again with its key is done once and answered as the first time."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from annotation.models import ImportBatch
from labelers import idempotency
from labelers.models import ApiToken, AuditEvent, Invitation, KeptAnswer
from tests.at_once import at_once

TOKENS = "/api/v1/tokens/"
NEW = {"name": "bot", "scopes": ["label"]}


@pytest.fixture
def client(admin):
    client = APIClient()
    client.force_login(admin)
    return client


def send(client, body=None, key="k-1", url=TOKENS):
    return client.post(url, body or NEW, format="json", headers={"Idempotency-Key": key})


def test_the_same_request_is_done_once_and_answered_alike(client):
    first, again = send(client), send(client)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Content-Type"] == first["Content-Type"]
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert ApiToken.objects.count() == 1
    assert AuditEvent.objects.filter(action="token.created").count() == 1


def test_without_a_key_or_with_another_one_it_is_done_again(client):
    send(client)
    send(client, key="k-2")
    client.post(TOKENS, NEW, format="json")
    assert ApiToken.objects.count() == 3


def test_another_request_with_the_same_key_is_refused(client, project):
    send(client)
    other = send(client, {"name": "other", "scopes": ["label"]})
    elsewhere = send(
        client, {"role": "labeler"}, url=f"/api/v1/projects/{project.slug}/invitations/"
    )
    for answer in (other, elsewhere):
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
        assert "new one" in answer.json()["detail"]
    assert (ApiToken.objects.count(), Invitation.objects.count()) == (1, 0)


def test_keys_are_of_one_person(client, labeler):
    mine = send(client).json()
    theirs = APIClient()
    theirs.force_login(labeler)
    assert send(theirs).json()["id"] != mine["id"]


def test_what_is_shown_once_is_nowhere_in_the_database(client):
    secret = send(client, key="my-very-own-key").json()["secret"]
    (kept,) = KeptAnswer.objects.values()
    written = repr(kept) + bytes(kept["sealed"]).decode("latin-1")
    assert secret not in written
    assert "my-very-own-key" not in written


def test_a_refusal_is_not_kept(client):
    assert send(client, {"name": "bot", "scopes": ["fly"]}).status_code == 400
    assert KeptAnswer.objects.count() == 0
    assert send(client).status_code == 201


def test_a_failure_is_not_kept_and_leaves_nothing(client, monkeypatch):
    client.raise_request_exception = False
    with monkeypatch.context() as broken:
        # After the deed, before its answer.
        broken.setattr("labelers.api.TokenSerializer.data", property(lambda self: 1 / 0))
        assert send(client).status_code == 500
    assert (KeptAnswer.objects.count(), ApiToken.objects.count()) == (0, 0)
    assert send(client).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "naïve", "tab\there"])
def test_a_key_that_is_none_is_refused(client, key):
    answer = send(client, key=key)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Idempotency-Key"])


def test_after_a_day_a_key_is_new(client):
    first = send(client).json()
    old = timezone.now() - idempotency.KEPT_FOR - timedelta(minutes=1)
    KeptAnswer.objects.update(created_at=old)
    assert send(client).json()["id"] != first["id"]
    KeptAnswer.objects.update(created_at=old)
    send(client, key="young")
    assert idempotency.throw_away_old() == 1


@pytest.mark.parametrize("again", ["the same", "another"])
def test_files_are_told_by_what_is_in_them(client, project, again):
    def upload(text):
        file = io.BytesIO(text)
        file.name = "rows.jsonl"
        return client.post(
            f"/api/v1/projects/{project.slug}/imports/",
            {"file": file, "format": "accord"},
            format="multipart",
            headers={"Idempotency-Key": "upload"},
        )

    row = b'{"prompt": "Why?", "responses": ["a", "b"]}\n'
    first = upload(row)
    assert first.status_code == 202
    second = upload(row if again == "the same" else row + row)
    assert second.status_code == (202 if again == "the same" else 422)
    assert ImportBatch.objects.count() == 1
    assert ImportBatch.objects.get().size == len(row)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one(admin):
    statuses = []

    def one():
        client = APIClient()
        client.force_login(admin)
        statuses.append(send(client).status_code)

    assert at_once(*[one] * 12) == []
    assert set(statuses) <= {201, 409}
    assert statuses.count(201) >= 1
    assert ApiToken.objects.count() == 1
