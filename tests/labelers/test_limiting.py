"""Limits of requests: told in headers, kept over processes, and free of statements below them."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from labelers import limiting
from labelers.limiting import Counter
from labelers.models import UseCount

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """A new process in the middle of a minute."""
    limiting.COUNTER.forget()
    monkeypatch.setattr(limiting.time, "time", lambda: 1_800_000_030.0)
    yield
    limiting.COUNTER.forget()


@pytest.fixture
def client(labeler):
    client = APIClient()
    client.force_login(labeler)
    return client


def test_the_limit_is_told_and_kept(client, settings):
    settings.REQUESTS_OF_PERSON = 3
    left = []
    for _ in range(3):
        answer = client.get(ME)
        assert answer.status_code == 200
        left.append(answer["RateLimit"])
    assert left == [f'"person";r={n};t=30' for n in (2, 1, 0)]
    assert answer["RateLimit-Policy"] == '"person";q=3;w=60'
    refused = client.get(ME)
    assert (refused.status_code, refused["Retry-After"]) == (429, "30")
    assert refused["Content-Type"] == "application/problem+json"
    assert "30" in refused.json()["detail"]


def test_the_next_minute_begins_with_nothing(client, settings, monkeypatch):
    settings.REQUESTS_OF_PERSON = 1
    assert [client.get(ME).status_code for _ in range(2)] == [200, 429]
    monkeypatch.setattr(limiting.time, "time", lambda: 1_800_000_060.0)
    assert client.get(ME).status_code == 200


def test_all_tokens_and_sessions_of_a_person_count_together(client, labeler, settings):
    from labelers import tokens

    settings.REQUESTS_OF_PERSON = 1
    client.get(ME)
    _, secret = tokens.create_token(person=labeler, name="bot", scopes=["label"])
    assert APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}").get(ME).status_code == 429


def test_one_person_does_not_use_up_what_another_has(client, stranger, settings):
    settings.REQUESTS_OF_PERSON = 1
    client.get(ME)
    other = APIClient()
    other.force_login(stranger)
    assert other.get(ME).status_code == 200


def test_who_is_not_signed_in_is_counted_by_address(settings):
    settings.REQUESTS_OF_ADDRESS = 2
    statuses = [APIClient().get(ME).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]
    assert APIClient().get(ME, REMOTE_ADDR="10.0.0.9").status_code == 401


def test_processes_tell_one_another(settings):
    one, other = Counter(), Counter()
    for _ in range(10):
        one.count("person", "7", 20)
    # A twentieth of 20 is 1: every request is told.
    assert other.count("person", "7", 20).left == 9
    assert UseCount.objects.get().count == 11
    for _ in range(9):
        assert not one.count("person", "7", 20).is_over
    assert one.count("person", "7", 20).is_over
    assert other.count("person", "7", 20).is_over or other.count("person", "7", 20).is_over


def test_below_a_twentieth_nothing_is_written(django_assert_num_queries):
    counter = Counter()
    with django_assert_num_queries(0):
        for _ in range(299):
            counter.count("person", "7", 6000)
    with django_assert_num_queries(1):
        counter.count("person", "7", 6000)


def test_no_limit_is_no_limit(client, settings):
    settings.REQUESTS_OF_PERSON = 0
    answer = client.get(ME)
    assert (answer.status_code, "RateLimit" in answer) == (200, False)


def test_old_counts_go():
    UseCount.objects.create(who="person:1", minute=1_800_000_000 // 60, count=5)
    UseCount.objects.create(who="person:2", minute=1_700_000_000 // 60, count=5)
    assert limiting.throw_away_old() == 1
    assert UseCount.objects.get().who == "person:1"


def test_counts_of_a_minute_are_not_logged(db):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relpersistence FROM pg_class WHERE relname = %s", [UseCount._meta.db_table]
        )
        assert cursor.fetchone() == ("u",)
