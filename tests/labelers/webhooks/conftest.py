"""A receiver that may be reached, a session that finds it, and webhooks that lead there."""

from __future__ import annotations

import pytest

from labelers import audit, reachable
from labelers.reaching import guarded_session
from labelers.webhooks import keeping
from tests.labelers.webhooks.receiving import receiving


@pytest.fixture
def receiver(monkeypatch):
    monkeypatch.setenv("ACCORD_REACHABLE", "receiver.example")
    monkeypatch.setattr(reachable, "system_resolver", lambda host, port: ["127.0.0.1"])
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def session(receiver):
    return guarded_session(seconds=2, max_bytes=2000)


@pytest.fixture
def make_webhook(receiver, admin, project):
    """Make a webhook that leads to the receiver; returns it with its secret."""

    def make(path="/", events=("task.skipped",), **fields):
        fields.setdefault("project", project)
        fields.setdefault("created_by", admin)
        return keeping.create_webhook(
            name="Hook", url=receiver.url + path, events=list(events), **fields
        )

    return make


@pytest.fixture
def happen(db, project, admin):
    """Let events happen: `happen(3)` skips three items."""
    from django.db import transaction

    def make(count=1, action="task.skipped", of=project, **fields):
        with transaction.atomic():
            for number in range(count):
                audit.record(
                    actor=admin,
                    action=action,
                    project=of,
                    **{"subject": f"task:{number}", **fields},
                )

    return make
