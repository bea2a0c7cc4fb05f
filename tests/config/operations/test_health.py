"""Probes: answered to anybody under any host name, without a session, and truthful."""

import json

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, connections

from config.operations import health

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """Every question looks anew."""
    monkeypatch.setattr(health, "_kept", None)


@pytest.fixture
def heartbeat():
    """Have the only worker there is be heard of so many seconds ago."""

    def beat(seconds_ago):
        with health.own_connection() as database:
            database.execute("DELETE FROM procrastinate_workers")
            database.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat)"
                " VALUES (now() - make_interval(secs => %s))",
                [seconds_ago],
            )

    yield beat
    with health.own_connection() as database:
        database.execute("DELETE FROM procrastinate_workers")


def test_a_living_process_says_so_to_anybody(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/healthz", headers={"host": "10.0.0.7"})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]
    assert client.post("/healthz").status_code == 405


def test_ready_with_everything_there(client, heartbeat):
    heartbeat(1)
    answer = client.get("/readyz", headers={"host": "10.0.0.7"})
    assert answer.status_code == 200, answer.content
    said = answer.json()
    assert said["status"] == "ok"
    assert {name: check["ok"] for name, check in said["checks"].items()} == {
        "database": True,
        "migrations": True,
        "workers": True,
        "disk": True,
    }
    assert not answer.cookies
    assert not Session.objects.exists()


def test_missing_workers_are_told_but_answers_are_still_taken(client, heartbeat):
    heartbeat(300)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    said = answer.json()
    assert said["status"] == "degraded"
    assert said["checks"]["workers"] == {"ok": False, "says": "0 alive.", "needed": False}


def test_a_missing_migration_is_not_ready_and_a_newer_one_is(client, monkeypatch):
    known = health._known_migrations()
    assert ("annotation", "0001_initial") in known
    monkeypatch.setattr(health, "_known_migrations", lambda: known | {("annotation", "9999_new")})
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"]["says"] == "1 are missing."
    monkeypatch.setattr(health, "_known_migrations", lambda: known - {("exports", "0001_initial")})
    assert health.look().is_ready


def test_a_full_disk_is_not_ready(client, settings):
    settings.DISK_RESERVE = 1 << 60
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert not answer.json()["checks"]["disk"]["ok"]


def test_an_absent_database_is_told_without_its_address(client, monkeypatch):
    away = {**connection.get_connection_params(), "host": "127.0.0.1", "port": 1}
    monkeypatch.setattr(type(connections["default"]), "get_connection_params", lambda self: away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"]["says"] == "It cannot be reached."
    text = json.dumps(answer.json())
    assert "127.0.0.1" not in text
    assert settings.DATABASES["default"]["PASSWORD"] not in text


def test_many_questions_are_one_look(client, monkeypatch):
    looks = []
    found = health.look()
    monkeypatch.setattr(health, "look", lambda: looks.append(1) or found)
    for _ in range(5):
        client.get("/readyz")
    assert len(looks) == 1
