"""Figures for Prometheus: readable, true, and for the collector alone."""

from contextlib import nullcontext

import pytest
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from config.operations import exposing
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """Every question reads anew."""
    monkeypatch.setattr(exposing, "KEPT_SECONDS", -1.0)


def figures(client, **headers):
    answer = client.get("/metrics", **headers)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("text/plain")
    found = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            found[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
    return found


def test_requests_are_counted_by_route_and_never_by_address(client):
    client.get("/sign-in/?next=/secret-place/")
    client.get("/nowhere/at-all/")
    client.generic("BREW", "/sign-in/")
    said = figures(client)
    labels = (("method", "GET"), ("status", "200"), ("view", "sign-in"))
    assert said["accord_requests_total", labels] >= 1
    assert said["accord_request_seconds_count", (("view", "sign-in"),)] >= 1
    text = client.get("/metrics").content.decode()
    assert "secret-place" not in text
    assert "at-all" not in text
    assert "BREW" not in text


def test_figures_of_the_work_come_from_the_database(client, project, labeler, monkeypatch):
    # Another connection would not see what this test has not committed.
    inside = nullcontext(connection.connection)
    monkeypatch.setattr(exposing.health, "own_connection", lambda: inside)
    make_tasks(project, 3)
    answer_next(labeler, project, A_IS_BETTER)
    said = figures(client)
    assert said["accord_database_up", ()] == 1
    assert said["accord_judgments_last_minute", ()] == 1
    assert said["accord_home_free_bytes", ()] > 0
    assert said["accord_database_bytes", ()] > 1e6
    text = client.get("/metrics").content.decode()
    assert labeler.username not in text
    assert project.slug not in text


def test_an_absent_database_leaves_the_counts(client, monkeypatch):
    def away():
        raise exposing.psycopg.OperationalError("gone")

    monkeypatch.setattr(exposing.health, "own_connection", away)
    said = figures(client)
    assert said["accord_database_up", ()] == 0
    assert any(name == "accord_requests_total" for name, _ in said)


def test_only_the_collector_may_read(client, settings):
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="nonsense").status_code == 403
    assert client.get("/metrics", headers={"x-forwarded-for": "127.0.0.1"}).status_code == 403
    settings.METRICS_TOKEN = "a long token"
    assert client.get("/metrics").status_code == 403
    wrong = {"authorization": "Bearer another tokén"}
    assert client.get("/metrics", headers=wrong).status_code == 403
    right = {"authorization": "Bearer a long token"}
    assert client.get("/metrics", headers=right, REMOTE_ADDR="203.0.113.9").status_code == 200
