"""What deliveries say, and what they never say; that every event exists; signatures."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from pathlib import Path

import pytest
from django.utils import timezone

from labelers.models import AuditEvent
from labelers.webhooks import signing
from labelers.webhooks.delivering import claim
from labelers.webhooks.events import EVENTS
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks

SITE = "https://accord.example.org"
ROOT = Path(__file__).resolve().parents[3]
MADE_OF_STATES = {
    "import.received",
    "import.done",
    "import.failed",
    "run.done",
    "run.failed",
    "run.cancelled",
}
"""Actions that are written with a state in them, so that no source names them whole."""


def test_every_event_is_an_action_that_somebody_writes_down():
    apps = ("labelers", "annotation", "exports", "training")
    sources = "".join(
        path.read_text()
        for app in apps
        for path in (ROOT / app).rglob("*.py")
        if "webhooks" not in path.parts
    )
    written = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', sources))
    assert set(EVENTS) - written - MADE_OF_STATES == set()
    for noun in ("import", "run"):
        assert f'f"{noun}.{{state' in sources


@pytest.fixture
def site(settings):
    """The site's own address, which links begin with."""
    settings.PUBLIC_URL = SITE


@pytest.mark.django_db
@pytest.mark.usefixtures("site")
class TestBodies:
    """Ids, pseudonyms, codes and links."""

    def body(self, hook):
        [request] = claim(webhook=hook.pk)
        return json.loads(request.body)

    def test_an_answer(self, make_webhook, project, labeler):
        hook, _secret = make_webhook(events=["judgment.submitted"])
        make_tasks(project)
        judgment = answer_next(labeler, project, A_IS_BETTER, reason="Because of Ada Lovelace.")
        said = self.body(hook)
        [event] = said["events"]
        assert event == {
            "id": str(AuditEvent.objects.get(action="judgment.submitted").uid),
            "event": "judgment.submitted",
            "at": event["at"],
            "project": "essays",
            "actor": labeler.pseudonym,
            "subject": f"judgment:{judgment.pk}",
            "detail": {"standing": "counted", "revision": 1},
            "links": {"page": f"{SITE}/projects/essays/", "api": f"{SITE}/api/v1/projects/essays/"},
        }
        assert (said["webhook"], said["sequence"], said["test"]) == (str(hook.uid), 1, False)
        for secret in (labeler.username, "Because", "Lovelace", "Question"):
            assert secret not in json.dumps(said)

    def test_people_are_pseudonyms_and_texts_stay_here(self, make_webhook, happen, labeler):
        hook, _secret = make_webhook(events=["labeler.paused", "snapshot.failed"])
        happen(action="labeler.paused", subject=f"person:{labeler.pk}", reason="is slow", score=3)
        uid = "0b0e8f0a-5a3b-4b52-9a44-0e6f9b6f7a10"
        happen(action="snapshot.failed", subject=f"snapshot:{uid}", error="Aiko's file")
        paused, failed = self.body(hook)["events"]
        assert (paused["subject"], paused["detail"]) == (f"labeler:{labeler.pseudonym}", {})
        assert failed["detail"] == {}
        assert failed["links"] == {
            "page": f"{SITE}/snapshots/{uid}/",
            "api": f"{SITE}/api/v1/snapshots/{uid}/",
        }

    def test_counts_are_told_and_nothing_else(self, make_webhook, happen):
        hook, _secret = make_webhook(events=["import.done"])
        happen(action="import.done", subject="import:nonsense", tasks=5, file="a.csv", well=True)
        [event] = self.body(hook)["events"]
        assert event["detail"] == {"tasks": 5}
        assert event["links"] == {}

    def test_events_of_the_site_and_of_nobody(self, make_webhook, happen):
        hook, _secret = make_webhook(project=None)
        happen(of=None, subject="person:12345")
        AuditEvent.objects.all()
        [event] = self.body(hook)["events"]
        assert (event["project"], event["subject"], event["links"]) == (None, "labeler:", {})

    def test_requests_are_signed(self, make_webhook, happen, admin):
        from labelers.webhooks import keeping

        hook, first = make_webhook()
        second = keeping.rotate_secret(webhook=hook, rotated_by=admin)
        happen()
        [request] = claim(webhook=hook.pk)
        at, *signatures = request.headers["Accord-Signature"].split(",")
        seconds = at.removeprefix("t=")
        assert abs(int(seconds) - timezone.now().timestamp()) < 60
        assert signatures == [
            "v1="
            + hmac.new(
                secret.encode(), f"{seconds}.".encode() + request.body, hashlib.sha256
            ).hexdigest()
            for secret in (second, first)
        ]


def test_a_signature_by_hand():
    # echo -n '1700000000.{"a":1}' | openssl dgst -sha256 -hmac whsec_x
    assert signing.signature(b'{"a":1}', 1700000000, ["whsec_x"]) == (
        "t=1700000000,v1=b3438763ab46d9634b9844c8722818eaf523f803db1327484c6067462a5fd6d1"
    )
