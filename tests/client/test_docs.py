"""The examples of docs/api.md, run as they stand against a real server with a worker."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

import pytest
from django.db import connection

from labelers import reachable, tokens
from labelers.models import Webhook
from labelers.reaching import guarded_session
from labelers.webhooks import keeping
from labelers.webhooks.delivering import deliver
from tests.client.conftest import CLIENT

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = CLIENT.parent / "docs" / "api.md"
BLOCKS = re.findall(r"^```(\w+)([^\n]*)\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
MAKES_A_WEBHOOK = "client.webhooks.create("


@pytest.fixture
def worker(transactional_db):
    """Does what workers do in the background: imports and snapshots."""
    from tests.client.working import work_until

    over = threading.Event()
    thread = threading.Thread(target=work_until, args=[over])
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.fixture
def place(tmp_path, live_server, person_factory, worker):
    """A folder, and the environment of somebody who followed the page so far."""
    staff = person_factory("ada", is_staff=True)
    scopes = ["admin", "export", "label", "train"]
    _token, secret = tokens.create_token(person=staff, name="docs", scopes=scopes)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, command in {
        "accord": f"{sys.executable} -m accord",
        "python3": sys.executable,
    }.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(0o755)
    env = {
        **{"ACCORD_URL": live_server.url, "ACCORD_TOKEN": secret, "PYTHONPATH": str(CLIENT)},
        **{"ACCORD_CONFIG": str(tmp_path / "config.json"), "HOME": str(tmp_path)},
        **{"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONWARNINGS": "error"},
    }
    return tmp_path, env


def script_of(blocks) -> str:
    """All examples after one another, as one script that stops at the first that fails."""
    lines = ["set -euo pipefail"]
    for language, about, text in blocks:
        if language == "shell" and "norun" not in about:
            lines.append(text)
        if language == "python" and "file=" not in about and MAKES_A_WEBHOOK not in text:
            lines.append(f"python3 - <<'EXAMPLE'\n{text}EXAMPLE")
    return "\n".join(lines)


@pytest.mark.skipif(not shutil.which("curl"), reason="the examples use curl")
def test_the_examples_do_what_the_page_says(place):
    folder, env = place
    done = subprocess.run(
        ["bash", "-c", script_of(BLOCKS)], cwd=folder, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    said = done.stdout
    assert '"username":"ada"' in said
    assert "Signed in to" in said
    assert "rows_bad   1" in said
    assert """kind: "no such kind" is not a valid choice.""" in said
    assert (folder / "may" / "manifest.json").is_file()
    assert (folder / "june" / "lineage.parquet").is_file()
    chosen = [
        json.loads(line)["chosen"] for line in (folder / "may.jsonl").read_text().splitlines()
    ]
    assert len(chosen) == 3
    assert "cancelled" in said
    # What the shell and the page write is said of nobody else: no token in any output.
    assert env["ACCORD_TOKEN"] not in said + done.stderr


def test_the_webhook_of_the_page(place, monkeypatch, project_factory):
    """Made by the example, received by the example, over a real line."""
    folder, env = place
    project_factory("answers")
    [receiver] = [text for _language, about, text in BLOCKS if "file=receiver.py" in about]
    [making] = [text for _language, _about, text in BLOCKS if MAKES_A_WEBHOOK in text]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    monkeypatch.setenv("ACCORD_REACHABLE", "hooks.example.org")
    monkeypatch.setattr(reachable, "system_resolver", lambda host, at: ["127.0.0.1"])
    done = subprocess.run(
        [sys.executable, "-c", making], cwd=folder, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    secret = re.search(r"keep this secret: (\S+)", done.stdout).group(1)
    hook = Webhook.objects.get()
    assert hook.deliveries.get().kind == "test"
    # The page says https, which needs a certificate.
    keeping.change_webhook(
        webhook=hook,
        changed_by=None,
        url=f"http://hooks.example.org:{port}/",
        events=["project.changed"],
    )
    (folder / "receiver.py").write_text(receiver.replace("8080", str(port)))
    running = subprocess.Popen(
        [sys.executable, "receiver.py"],
        cwd=folder,
        env={**env, "WEBHOOK_SECRET": secret},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        wait_for_port(port)
        from annotation import configuring
        from labelers.models import Project

        configuring.change_settings(
            project=Project.objects.get(slug="answers"), changed_by=None, description="New."
        )
        deliver(seconds=30, session=guarded_session(seconds=5))
        states = set(hook.deliveries.values_list("state", flat=True))
        attempts = list(hook.deliveries.values_list("attempts", flat=True))
        assert states == {"delivered"}, attempts
        assert running.stdout.readline() == "project.changed answers project:answers\n"
    finally:
        running.terminate()
        running.wait()
        running.stdout.close()


def wait_for_port(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the receiver did not start")


def test_every_json_example_is_json():
    for language, _about, text in BLOCKS:
        if language == "json":
            json.loads(text)


def test_the_payload_on_the_page_is_like_a_real_one(project_factory, person_factory, db, settings):
    from django.db import transaction

    from labelers import audit
    from labelers.models import AuditEvent, WebhookDelivery
    from labelers.webhooks import payloads

    settings.PUBLIC_URL = "https://accord.example.org"
    [shown] = [json.loads(text) for language, _about, text in BLOCKS if language == "json"]
    project, person = project_factory("answers"), person_factory("ada")
    hook = Webhook.objects.create(project=project, name="x", url="x", events=[])
    with transaction.atomic():
        audit.record(
            actor=person, action="judgment.submitted", project=project, subject="judgment:812",
            standing="counted", revision=1, text="no",
        )  # fmt: skip
    from django.utils import timezone

    now = timezone.now()
    made = WebhookDelivery.objects.create(
        webhook=hook, sequence=17, next_at=now, give_up_at=now,
        event_ids=[AuditEvent.objects.get().pk],
    )  # fmt: skip
    made.refresh_from_db()
    real = json.loads(payloads.bodies([made])[made.pk])
    assert list(real) == list(shown)
    assert list(real["events"][0]) == list(shown["events"][0])
    for name in ("event", "project", "subject", "detail", "links"):
        assert real["events"][0][name] == shown["events"][0][name]
    connection.close()
