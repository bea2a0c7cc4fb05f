"""Hostile visitors: headers that lie, caches that others share, links that lead away, keys and
sessions of somebody else, gold that gives itself away."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse, reverse_lazy

from annotation import assigning
from annotation.gold import keeping_gold
from annotation.models import Assignment, ImportBatch, ProjectSettings
from labelers import inviting, limiting, tokens
from labelers.models import ApiToken, AuditEvent, CrowdWorker, Person
from labelers.signing_in import guarding
from tests.annotation.making import A_IS_BETTER, make_tasks
from tests.security.hostile import ALIVE, HOSTILE, alive_in

ME, TOKENS = "/api/v1/me/", reverse_lazy("api-tokens")
NEXT = "/api/v1/projects/essays/labeling/next/"
SEND = "/api/v1/projects/essays/labeling/judgments/"
LOOPBACK = {"X-Forwarded-For": "127.0.0.1", "X-Real-Ip": "127.0.0.1", "Forwarded": "for=127.0.0.1"}


def post(client, url, body, **more):
    return client.post(url, json.dumps(body), content_type="application/json", **more)


@pytest.mark.parametrize("name", [*LOOPBACK, "X-Forwarded-Proto", "X-Forwarded-Host", "Via"])
def test_figures_are_closed_to_whatever_came_through_a_proxy(client, db, name):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={name: LOOPBACK.get(name, "https")}).status_code == 403


def test_an_address_that_a_visitor_makes_up_opens_and_resets_nothing(client, db, settings):
    outside = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/metrics", headers=LOOPBACK, **outside).status_code == 403
    settings.REQUESTS_OF_ADDRESS = 3
    limiting.COUNTER.forget()
    asked = [
        client.get(ME, headers={"X-Forwarded-For": f"192.0.2.{number}"}, **outside).status_code
        for number in range(5)
    ]
    assert asked == [401] * 3 + [429] * 2
    tried = [
        client.post(
            "/sign-in/",
            {"username": f"somebody-{number}", "password": "wrong"},
            headers={"X-Forwarded-For": f"192.0.2.{number}"},
            **outside,
        ).status_code
        for number in range(guarding.BY_ADDRESS + 1)
    ]
    assert tried[-1] == 429
    failed = AuditEvent.objects.filter(action="sign_in.failed")
    assert {event.detail["address"] for event in failed} == {"203.0.113.9"}


def test_behind_a_proxy_its_word_counts_and_not_the_visitors(client, db, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    headers = {"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}
    client.post("/sign-in/", {"username": "x", "password": "y"}, headers=headers)
    assert AuditEvent.objects.get().detail["address"] == "203.0.113.9"
    assert client.get("/metrics", headers=headers).status_code == 403


def test_who_came_past_a_proxy_is_known_by_the_connection(client, db, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    answer = client.post(
        "/sign-in/",
        {"username": "x", "password": "y"},
        headers={"X-Forwarded-For": "203.0.113.9"},
        REMOTE_ADDR="192.0.2.7",
    )
    assert answer.status_code == 200
    assert AuditEvent.objects.get().detail["address"] == "192.0.2.7"
    assert client.get("/api/v1/me/", headers={"X-Forwarded-For": "x"}).status_code == 401


@pytest.mark.parametrize(
    "url",
    [
        *("/projects/", "/projects/essays/", "/projects/essays/people/", "/account/"),
        *("/projects/essays/items.csv", "/projects/essays/audit.csv", "/account/data.json"),
        *(ME, "/api/v1/projects/", "/api/v1/projects/essays/items.csv", "/nowhere/", "/sign-in/"),
    ],
)
def test_no_cache_that_others_share_keeps_what_somebody_saw(sign_in, admin, project, url):
    answer = sign_in(admin).get(url)
    said = answer.headers["Cache-Control"]
    assert {"private", "no-store"} & set(re.split(r",\s*", said)), said
    assert "public" not in said


def test_what_one_has_seen_is_not_told_to_another(sign_in, admin, labeler):
    mine = sign_in(admin).get(ME)
    other = sign_in(labeler).get(ME, headers={"If-None-Match": mine["ETag"]})
    assert (other.status_code, other.json()["username"]) == (200, "aiko")
    for name in (mine["ETag"], "*"):
        asked = Client().get(ME, headers={"If-None-Match": name})
        assert asked.status_code == 401
        assert "ETag" not in asked


@pytest.mark.parametrize(
    "elsewhere",
    [
        *("//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example"),
        *("https:evil.example", "///evil.example", "javascript:alert(1)", "/\t/evil.example"),
        "http://testserver@evil.example/",
    ],
)
def test_no_page_leads_to_another_site(sign_in, labeler, elsewhere):
    client = sign_in(labeler)
    asked = [
        client.post("/language/", {"language": "en", "next": elsewhere}),
        client.post("/language/", {"language": "en"}, headers={"Referer": elsewhere}),
        client.get("/sign-in/", {"next": elsewhere}),
        client.post(
            reverse("account_reauthenticate") + "?" + f"next={elsewhere}",
            {"password": "a long phrase", "next": elsewhere},
        ),
        client.post("/sign-out/", {"next": elsewhere}),
        Client().post(
            "/sign-in/", {"username": "aiko", "password": "a long phrase", "next": elsewhere}
        ),
    ]
    for answer in asked:
        place = answer.headers.get("Location", "/")
        assert re.fullmatch(r"/(?![/\\\t])[^\t]*", place), place


def test_a_session_that_was_planted_before_an_invitation_is_of_no_use(project, admin):
    _made, token = inviting.invite(project=project, role="labeler", created_by=admin)
    planted = Client()
    planted.get("/sign-in/")
    session = planted.session
    session["planted"] = 1
    session.save()
    victim = Client()
    victim.cookies["sessionid"] = session.session_key
    victim.post(
        reverse("invitation", args=[token]), {"username": "mei", "password": "a very long phrase"}
    )
    assert victim.get(ME).json()["username"] == "mei"
    thief = Client()
    thief.cookies["sessionid"] = session.session_key
    assert thief.get(ME).status_code == 401


def test_a_key_that_was_used_gives_its_secret_to_nobody_else(sign_in, admin, labeler):
    new = {"name": "mine", "scopes": ["label"]}
    key = {"Idempotency-Key": "guessed"}
    first = post(sign_in(admin), TOKENS, new, headers=key).json()
    other = post(sign_in(labeler), TOKENS, new, headers=key)
    assert "Idempotency-Replayed" not in other
    assert other.json()["secret"] != first["secret"]
    assert ApiToken.objects.get(pk=other.json()["id"]).person == labeler
    assert post(Client(), TOKENS, new, headers=key).status_code == 401
    _token, weak = tokens.create_token(person=admin, name="weak", scopes=["label"])
    headers = {**key, "Authorization": f"Bearer {weak}"}
    assert post(Client(), TOKENS, new, headers=headers).status_code == 403
    assert first["secret"] not in post(Client(), TOKENS, new, headers=headers).content.decode()


def test_signed_links_are_good_for_what_they_were_made_for_only(client, labeler, admin):
    for salt in ("labelers.signing_in.email", "labelers.signing_in.known_browsers", "x"):
        forged = signing.dumps([labeler.pk, "several"], salt=salt, compress=True)
        assert client.post(reverse("mail-stop", args=[forged])).status_code == 404
    labeler.refresh_from_db()
    assert "mail" not in labeler.preferences
    stop = signing.dumps([admin.pk, "", "x@evil.example"], salt="labelers.mailing.stop")
    client.force_login(admin)
    assert client.post(reverse("email-confirm", args=[stop])).status_code == 410
    assert Person.objects.get(pk=admin.pk).email == ""


def test_a_token_opens_no_page(admin, project):
    _token, secret = tokens.create_token(
        person=admin, name="all", scopes=["label", "admin", "export", "train"]
    )
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    for name, words in (("account", []), ("people", ["essays"]), ("trail", ["essays"])):
        assert client.get(reverse(name, args=words)).url.startswith("/sign-in/?next=")
    assert client.get(ME).status_code == 200


def test_the_trail_takes_nothing_from_clients(sign_in, admin, person_factory, project):
    staff = person_factory("boss", is_staff=True)
    before = AuditEvent.objects.count()
    for person in (admin, staff):
        for name, words in (("api-trail", ["essays"]), ("api-site-trail", [])):
            url = reverse(name, args=words)
            for method in ("post", "put", "patch", "delete"):
                answer = getattr(sign_in(person), method)(url, "{}", "application/json")
                assert answer.status_code in (403, 405)
    forged = AuditEvent.objects.exclude(action__startswith="reading").count()
    assert forged <= before


def test_a_worker_id_in_a_link_is_only_text(sign_in, person_factory, project, admin):
    for number, given in enumerate([ALIVE[0][:100], "=1+1", "x" * 5000, "a\r\nSet-Cookie: x=1"]):
        _made, token = inviting.invite(project=project, role="labeler", created_by=admin)
        client = sign_in(person_factory(f"worker-{number}"))
        answer = client.post(reverse("invitation", args=[token]), query_params={"workerId": given})
        assert answer.status_code == 302
    kept = set(CrowdWorker.objects.values_list("worker", flat=True))
    assert kept == {ALIVE[0][:100], "=1+1"}
    shown = sign_in(admin).get(reverse("crowd", args=["essays"])).content.decode()
    assert alive_in(shown) == []
    lines = sign_in(admin).get(reverse("crowd-file", args=["essays"]))
    text = b"".join(lines.streaming_content) if lines.streaming else lines.content
    assert not re.search(rb'(^|,)"?=1', text, re.MULTILINE)


def test_a_webhook_carries_no_line_of_its_own(sign_in, admin, project):
    url = reverse("api-webhooks", args=["essays"])
    for given in (
        {"name": "x\r\nBcc: y", "url": "https://hooks.example.org/"},
        {"name": "x", "url": "https://hooks.example.org/\r\nX-Evil: 1"},
        {"name": "x", "url": "https://hooks.example.org/ HTTP/1.1\nHost: 127.0.0.1"},
        {"name": "x" * 100_000, "url": "https://hooks.example.org/"},
    ):
        answer = post(sign_in(admin), url, {"events": ["judgment.stored"], **given})
        assert answer.status_code == 400, answer.content


def test_what_an_import_brings_does_not_come_alive_in_its_preview(sign_in, admin, project):
    rows = [
        {
            "prompt": HOSTILE,
            "chosen": f"{HOSTILE} {number}",
            "rejected": ALIVE[number % len(ALIVE)],
            ALIVE[0]: ALIVE[0],
            "field" * 5_000: "x" * 50_000,
        }
        for number in range(3)
    ]
    rows.append({"prompt": ALIVE[0]})
    file = "\n".join(map(json.dumps, rows)).encode()
    client = sign_in(admin)
    name = f"..%2f..%2f{ALIVE[0].replace('/', '')}.jsonl"
    client.post(
        reverse("data", args=["essays"]), {"file": SimpleUploadedFile(name, file), "format": "trl"}
    )
    batch = ImportBatch.objects.get()
    page = client.get(reverse("import", args=["essays", batch.uid]))
    assert page.status_code == 200
    assert alive_in(page.content.decode()) == []
    assert ".." not in Path(batch.path).parts
    assert "/" not in batch.file_name


def test_gold_looks_like_everything_else_before_and_after_the_answer(
    sign_in, admin, labeler, project, monkeypatch
):
    for task in make_tasks(project, 12)[:6]:
        keeping_gold.make(task=task, answer=A_IS_BETTER, explanation="Because.", made_by=admin)
    client, seen = sign_in(labeler), {0: [], 1: []}
    ProjectSettings.objects.filter(project=project).update(gold_rate=0.5)
    for number, rate in enumerate((0, 1, 0, 1, 0, 1)):
        monkeypatch.setattr(assigning._chance, "random", lambda drawn=1 - rate: 0.999 * drawn)
        given = post(client, NEXT, {})
        item = given.json()["item"]
        is_gold = Assignment.objects.get(pk=item["assignment"]).task.is_gold
        assert is_gold == bool(rate)
        answer = {"assignment": item["assignment"], "client_id": f"{number:032x}"}
        stored = post(client, SEND, answer | {"answer": A_IS_BETTER, "want_next": False})
        assert stored.status_code in (200, 201), stored.content
        seen[rate].append([_shape(given), item["purpose"], _shape(stored)])
    assert seen[0] == seen[1]


def _shape(answer) -> list:
    """Which fields of what types an answer has, and its headers but for what differs anyway."""

    def of(found):
        if isinstance(found, dict):
            return {name: of(value) for name, value in found.items()}
        return [of(found[0])] if isinstance(found, list) and found else type(found).__name__

    return [answer.status_code, of(answer.json()), sorted(answer.headers)]
