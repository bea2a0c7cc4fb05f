"""Every refusal below /api/ is a problem document, whoever refuses; elsewhere it is a page."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from labelers import request_ids

pytestmark = pytest.mark.django_db


def told(answer):
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "detail", "status"} <= set(body)
    assert body["status"] == answer.status_code
    return answer.status_code, body["detail"]


@pytest.fixture
def client(admin):
    client = APIClient()
    client.force_login(admin)
    return client


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/nothing", "/api/v1/runs/7/"])
def test_an_unknown_address(client, path):
    assert told(client.get(path)) == (404, "There is nothing here: see /api/docs/.")


def test_an_unknown_object(client):
    assert told(client.get("/api/v1/projects/nowhere/"))[0] == 404


def test_a_method_that_is_none_of_these(client):
    answer = client.delete("/api/v1/me/")
    assert told(answer)[0] == 405
    assert set(answer["Allow"].split(", ")) >= {"GET", "PATCH"}


def test_a_format_that_there_is_not(client):
    assert told(client.get("/api/v1/me/", headers={"Accept": "text/csv"}))[0] == 406


def test_another_host(client):
    assert told(client.get("/api/v1/me/", headers={"Host": "evil.example"}))[0] == 400


def test_a_change_from_another_site(admin):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    answer = client.patch("/api/v1/me/", {"language": "ja"}, content_type="application/json")
    status, detail = told(answer)
    assert (status, "CSRF" in detail) == (403, True)


def test_nobody(db):
    answer = APIClient().get("/api/v1/me/")
    assert told(answer)[0] == 401
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_nul_in_the_address(client):
    assert told(client.get("/api/v1/me/notices/?unread=%00"))[0] == 400


def test_too_large_a_body(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = client.patch("/api/v1/me/", {"language": "x" * 200}, format="json")
    assert told(answer)[0] == 413


def test_a_failure_is_named_as_in_the_log(client, monkeypatch, caplog):
    client.raise_request_exception = False
    monkeypatch.setattr("labelers.api.MeView.get_object", lambda self: 1 / 0)
    answer = client.get("/api/v1/me/")
    assert told(answer)[0] == 500
    body = answer.json()
    assert body["request_id"] == answer[request_ids.HEADER]
    assert "ZeroDivisionError" not in answer.content.decode()
    assert any("ZeroDivisionError" in (record.exc_text or "") for record in caplog.records)


def test_pages_stay_pages(client):
    answer = client.get("/nothing/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")
