"""Lines of logs: whole, named by their request, and without what people wrote."""

import io
import json
import logging
import sys

import pytest
from django.db import IntegrityError
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve

from config.operations import logs, middleware
from labelers import request_ids


@pytest.fixture
def lines():
    """What the log says in JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines())
    handler.addFilter(logs.RequestNames())
    root = logging.getLogger()
    access = logging.getLogger(logs.ACCESS)
    before = access.level
    root.addHandler(handler)
    access.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    access.setLevel(before)


def test_every_request_is_a_line_with_its_route_and_id(client, db, lines):
    answer = client.get("/invitations/a-secret-word/?email=somebody@example.org")
    access = [line for line in lines() if line["logger"] == logs.ACCESS]
    assert [(line["method"], line["route"], line["status"]) for line in access] == [
        ("GET", "invitation", answer.status_code)
    ]
    assert access[0]["request_id"] == answer[request_ids.HEADER]
    assert access[0]["ms"] >= 0
    assert access[0]["bytes"] == len(answer.content)
    text = json.dumps(lines())
    assert "a-secret-word" not in text
    assert "somebody" not in text


def test_djangos_own_lines_name_the_route(client, db, lines):
    client.get("/projects/hidden-name/people/")
    client.get("/nowhere/hidden-name/")
    text = json.dumps(lines())
    assert "hidden-name" not in text
    assert "unknown" in text


def test_what_a_database_error_quotes_of_a_row_is_left_out(person_factory, lines):
    name = "-".join(["very", "private", "name"])
    person_factory(name)
    try:
        person_factory(name)
    except IntegrityError:
        logging.getLogger("accord.test").exception("It failed")
    last = lines()[-1]
    assert "IntegrityError" in last["exception"]
    assert "Traceback" in last["exception"]
    assert name not in json.dumps(last)


def test_an_outage_is_a_warning_without_a_traceback(lines):
    try:
        raise OSError("away")
    except OSError:
        logging.getLogger("django.request").error(
            "%s: %s",
            "Service Unavailable",
            "/x/",
            exc_info=sys.exc_info(),
            extra={"status_code": 503},
        )
    (line,) = lines()
    assert line["level"] == "WARNING"
    assert "exception" not in line


def test_of_a_job_the_log_names_no_address(lines):
    queue = logging.getLogger("procrastinate.worker")
    job = "labelers.send_reset_letters[7](email='mei@example.org')"
    queue.error("Starting job %s", job)
    queue.error(f"Job {job} ended with status: Success 100% done, lasted 0.1 s")
    said = [line["message"] for line in lines()]
    assert "mei" not in "".join(said)
    assert said[0] == "Starting job labelers.send_reset_letters[7]"
    assert said[1].endswith("ended with status: Success 100% done, lasted 0.1 s")


def test_plain_lines_name_the_request_too():
    record = logging.LogRecord("accord", logging.INFO, "", 1, "Fine", None, None)
    record.request_id = "0123456789"
    assert logs.PlainLines().format(record).endswith("INFO accord: Fine [0123456789]")


def test_probes_are_answered_before_anything_else():
    request = RequestFactory().get("/healthz")
    probes = middleware.Probes(lambda _: pytest.fail("went on"))
    assert probes(request).status_code == 200
    other = middleware.Probes(lambda _: HttpResponse("went on"))
    assert other(RequestFactory().get("/healthzz")).content == b"went on"
    for path in middleware.PROBES:
        assert resolve(path).url_name == path.removeprefix("/")
