"""Signing in and out on our pages: where it leads, what it starts, what it never tells."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from labelers.models import AuditEvent, BrowserSession, SignInTries
from labelers.signing_in import guarding

PASSWORD = "a long phrase"
SIGN_IN = "/sign-in/"


def sign_in(client, username="aiko", password=PASSWORD, **more):
    return client.post(SIGN_IN, {"username": username, "password": password} | more)


def test_somebody_who_signs_in_lands_where_they_wanted(client, labeler, project):
    wanted = reverse("project", args=["essays"])
    asked = client.get(wanted)
    assert asked.url == f"{SIGN_IN}?next={wanted}"
    assert f'name="next" value="{wanted}"' in client.get(asked.url).content.decode()
    assert sign_in(client, next=wanted).url == wanted
    assert client.get(wanted).status_code == 200
    assert client.get(SIGN_IN).url == reverse("projects")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_nobody_is_led_to_another_site(client, labeler, elsewhere):
    assert sign_in(client, next=elsewhere).url == reverse("projects")


def test_the_session_gets_a_new_key_and_is_written_down(client, labeler):
    session = client.session
    session["planted"] = 1
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    sign_in(client)
    after = client.cookies["sessionid"].value
    assert after != before
    row = BrowserSession.objects.get(person=labeler)
    assert row.session_key == after
    event = AuditEvent.objects.get(action="person.signed_in")
    assert (event.actor, event.detail["how"]) == (labeler, "password")


def test_signing_out_ends_the_session_and_needs_the_button(client, labeler):
    sign_in(client)
    assert client.get(reverse("sign-out")).status_code == 405
    assert client.post(reverse("sign-out")).url == SIGN_IN
    assert client.get(reverse("account")).status_code == 302
    assert not BrowserSession.objects.exists()


def test_a_wrong_password_and_an_unknown_name_read_the_same(client, labeler):
    pages = [sign_in(Client(), name, "wrong").content.decode() for name in ("aiko", "nona")]
    for page in pages:
        assert "There is nobody with this name and password." in page
    tokens = re.compile(r'[A-Za-z0-9]{64}|value="(aiko|nona)"')
    assert tokens.sub("", pages[0]) == tokens.sub("", pages[1])
    failed = AuditEvent.objects.filter(action="sign_in.failed").order_by("id")
    assert [event.subject for event in failed] == [f"person:{labeler.pk}", ""]


def test_an_account_that_is_closed_cannot_be_signed_in_to(client, labeler):
    labeler.is_active = False
    labeler.save()
    assert "There is nobody" in sign_in(client).content.decode()


def test_pages_for_signing_in_need_the_csrf_token(labeler):
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client).status_code == 403


def test_many_tries_lock_the_person_whatever_the_address(labeler, client):
    for number in range(guarding.BY_PERSON):
        page = client.post(
            SIGN_IN, {"username": "aiko", "password": "no"}, REMOTE_ADDR=f"192.0.2.{number}"
        )
        assert "nobody with this name" in page.content.decode()
    assert "Too many tries" in sign_in(client).content.decode()
    assert not client.session.get("_auth_user_id")
    assert SignInTries.objects.get(key=f"person:{labeler.pk}").locked_until
    assert AuditEvent.objects.filter(action="sign_in.locked").count() == 1
    assert labeler.notices.get().kind == "sign_in_locked"
