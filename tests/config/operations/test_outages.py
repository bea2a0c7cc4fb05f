"""Outages: told as such, for pages and programs, and without threads that wait."""

import threading

import psycopg
import pytest
from django.db import OperationalError, connections
from django.http import HttpResponse
from django.test import RequestFactory
from psycopg_pool import PoolTimeout

from config.operations.outages import AWAY, BUSY, FULL, Breaker, outage_of, server_error


def caught(error, cause=None):
    try:
        raise error from cause
    except type(error) as found:
        return found


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (OSError(28, "No space left on device"), FULL),
        (psycopg.errors.DiskFull(), FULL),
        (psycopg.errors.AdminShutdown(), AWAY),
        (psycopg.errors.CannotConnectNow(), AWAY),
        (psycopg.errors.TooManyConnections(), AWAY),
        (psycopg.OperationalError("server closed the connection unexpectedly"), AWAY),
        (psycopg.InterfaceError("the connection is closed"), AWAY),
        (PoolTimeout("couldn't get a connection after 5.00 sec"), AWAY),
        (psycopg.errors.LockNotAvailable(), BUSY),
        (psycopg.errors.DeadlockDetected(), BUSY),
        (psycopg.errors.UniqueViolation(), None),
        (psycopg.errors.UndefinedTable(), None),
        (psycopg.ProgrammingError("the query has 1 placeholder"), None),
        (ValueError("ours"), None),
    ],
)
def test_an_error_is_an_outage_wherever_it_lies_in_the_chain(error, outage):
    assert outage_of(error) is outage
    assert outage_of(caught(OperationalError("wrapped"), error)) is outage
    assert outage_of(None) is None


def test_a_really_full_device_is_told_as_507():
    try:
        with open("/dev/full", "wb", buffering=0) as full:
            full.write(b"x")
    except OSError:
        answer = server_error(RequestFactory().post("/api/v1/projects/"))
    assert answer.status_code == 507
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Retry-After"] == "30"


def fail(monkeypatch, error, cause=None):
    """Every statement raises."""

    def execute(*arguments, **options):
        raise error from cause

    monkeypatch.setattr(type(connections["default"]), "cursor", execute)


@pytest.mark.parametrize(
    ("error", "status"),
    [(psycopg.OperationalError("lost"), 503), (psycopg.errors.DiskFull(), 507)],
)
def test_pages_and_programs_are_told(client, db, monkeypatch, labeler, error, status):
    client.force_login(labeler)
    client.raise_request_exception = False
    for path, kind in (("/notices/", "text/html"), ("/api/v1/me/", "application/problem+json")):
        with monkeypatch.context() as patched:
            fail(patched, OperationalError("the connection is lost"), error)
            answer = client.get(path)
        assert answer.status_code == status
        assert answer["Retry-After"]
        assert answer["Content-Type"].startswith(kind)
        assert answer["X-Request-Id"] in answer.content.decode()


def test_a_fault_of_our_own_stays_one(client, db, monkeypatch, labeler):
    client.force_login(labeler)
    client.raise_request_exception = False
    for path in ("/notices/", "/api/v1/me/"):
        with monkeypatch.context() as patched:
            fail(patched, RuntimeError("a mistake"))
            answer = client.get(path)
        assert answer.status_code == 500
        assert "Retry-After" not in answer
        assert "a mistake" not in answer.content.decode()
        assert answer["X-Request-Id"] in answer.content.decode()


def test_while_the_database_is_away_one_request_tries_and_others_are_told_at_once():
    entered, leave = threading.Event(), threading.Event()
    state = {"away": True, "calls": 0}

    def get_response(request):
        state["calls"] += 1
        if state["calls"] == 2:
            entered.set()
            assert leave.wait(10)
        if state["away"]:
            request.outage = AWAY
        return HttpResponse(status=503 if state["away"] else 200)

    breaker = Breaker(get_response)
    ask = RequestFactory().get
    assert breaker(ask("/")).status_code == 503
    trying = threading.Thread(target=breaker, args=[ask("/")])
    trying.start()
    assert entered.wait(10)
    told = breaker(ask("/"))
    assert (told.status_code, told["Retry-After"], state["calls"]) == (503, "2", 2)
    state["away"] = False
    leave.set()
    trying.join()
    assert breaker(ask("/")).status_code == 200
    assert state["calls"] == 3
