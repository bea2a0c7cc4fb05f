"""Failure 6: the site fetches what somebody named, and must not reach what only it reaches."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import pytest
from django.urls import reverse

from labelers.reaching import UnreachableError, check_url, guarded_session
from training.model_sources import ModelRefusedError, check_model

INSIDE = (
    "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://0.0.0.0/",
    "https://10.0.0.7/", "https://192.168.1.1/", "https://172.16.0.1/",
    "https://169.254.169.254/latest/meta-data/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/", "https://[fd00:ec2::254]/", "https://[fe80::1]/",
    "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/",
    "https://100.100.100.200/", "https://[64:ff9b::7f00:1]/",
)  # fmt: skip
NOT_WEB = ("file:///etc/passwd", "gopher://x/", "ftp://x/", "s3://bucket/key", "http://x.example/",
           "https://user:pw@x.example/", "//x.example", "https:///x", "javascript:x")  # fmt: skip


@contextmanager
def listening():
    """A server inside that counts who came."""
    came: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        stop = threading.Event()

        def serve():
            while not stop.is_set():
                try:
                    connection, _address = server.accept()
                except TimeoutError:
                    continue
                came.append(1)
                connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1], came
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize("url", [*INSIDE, *NOT_WEB])
def test_06_addresses_inside_and_other_schemes_are_refused(url):
    with pytest.raises(UnreachableError):
        check_url(url)


@pytest.mark.parametrize("url", [*INSIDE[:3], INSIDE[7], *NOT_WEB[:2]])
def test_06_a_webhook_to_an_address_inside_is_refused(sign_in, admin, project, url):
    client = sign_in(admin)
    answer = client.post(
        reverse("api-webhooks", args=["essays"]),
        {"name": "x", "url": url, "events": ["task.created"]},
        "application/json",
    )
    assert answer.status_code == 400
    assert "url" in answer.json()["errors"] or "events" in answer.json()["errors"]


def test_06_a_name_that_changes_its_mind_gains_nothing():
    with listening() as (port, came):
        # Public when it is checked, inside when it is asked again: it is asked once.
        changing = iter([["93.184.215.14"], ["127.0.0.1"], ["127.0.0.1"]])
        for resolve in (
            lambda _host, _port: next(changing),
            lambda _host, _port: ["93.184.215.14", "127.0.0.1"],
        ):
            with pytest.raises(UnreachableError):
                guarded_session(seconds=1, resolve=resolve).request(
                    "GET", f"https://rebinds.example:{port}/"
                )
        assert next(changing) == ["127.0.0.1"]
        assert came == []


@pytest.mark.parametrize(
    "name", ["http://169.254.169.254/x", "https://host/model", "s3://b/k", "../../etc", "/etc",
             "file:///etc/passwd", "org/name@http://x"],
)  # fmt: skip
def test_06_a_model_is_a_hub_id_or_a_folder_set_aside_never_an_address(project, name):
    with pytest.raises(ModelRefusedError):
        check_model(name, project=project)
