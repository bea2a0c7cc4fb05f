"""Sessions: their list, their ends by hand and by time, and what ends at a new password."""

from __future__ import annotations

import time

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from labelers.models import BrowserSession
from labelers.signing_in import sessions

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def signed_in(labeler):
    def open_one(agent=FIREFOX):
        client = Client(headers={"User-Agent": agent})
        client.post("/sign-in/", {"username": "aiko", "password": "a long phrase"})
        assert works(client)
        return client

    return open_one


def works(client) -> bool:
    return client.get(reverse("account")).status_code == 200


def shift(client, **seconds):
    session = client.session
    for name, by in seconds.items():
        session[f"accord_{name}"] -= by
    session.save()


def test_the_list_says_which_browser_and_which_is_this(signed_in, labeler):
    phone = signed_in("Mozilla/5.0 (Linux; Android 15) AppleWebKit Chrome/140 Mobile Safari")
    desk = signed_in()
    page = desk.get(reverse("safety")).content.decode()
    assert "Firefox, Linux" in page
    assert "Chrome, Android" in page
    rows = phone.get(reverse("api-sessions")).json()
    assert {row["device"]: row["is_this"] for row in rows} == {
        "Firefox, Linux": False,
        "Chrome, Android": True,
    }
    assert rows[0]["address"] == "127.0.0.1"


def test_one_session_or_all_others_can_be_ended(signed_in, labeler):
    here, there, phone = signed_in(), signed_in(), signed_in()
    key = there.cookies["sessionid"].value
    row = BrowserSession.objects.get(session_key=key)
    assert here.post(reverse("session-end", args=[row.pk])).status_code == 302
    assert (works(here), works(there), works(phone)) == (True, False, True)
    assert here.post(reverse("api-sessions-end")).json() == {"ended": 1}
    assert (works(here), works(phone)) == (True, False)
    assert Session.objects.count() == 1


def test_somebody_elses_session_is_not_there(signed_in, client, admin):
    signed_in()
    client.force_login(admin)
    pk = BrowserSession.objects.get().pk
    assert client.post(reverse("session-end", args=[pk])).status_code == 404
    assert client.delete(reverse("api-session", args=[pk])).status_code == 404


def test_a_new_password_ends_all_others_and_keeps_this(signed_in, labeler):
    here, there = signed_in(), signed_in()
    fresh = "another long phrase"
    changed = here.post(
        reverse("account"),
        {
            "form": "password",
            "old_password": "a long phrase",
            "new_password1": fresh,
            "new_password2": fresh,
        },
    )
    assert changed.status_code == 302
    assert (works(here), works(there)) == (True, False)
    row = sessions.open_sessions(labeler).get()
    assert row.session_key == here.cookies["sessionid"].value


def test_a_session_ends_some_time_after_it_began(signed_in, settings):
    client = signed_in()
    shift(client, began=settings.SESSION_LIFETIME + 1)
    assert not works(client)
    assert not BrowserSession.objects.exists()


def test_use_is_noted_now_and_then_and_moves_the_end(signed_in):
    client = signed_in()
    before = Session.objects.get().expire_date
    assert works(client)
    assert Session.objects.get().expire_date == before
    shift(client, seen=sessions.SEEN_EVERY + 1)
    moved = Session.objects.get().expire_date
    time.sleep(0.01)
    assert works(client)
    assert Session.objects.get().expire_date > moved


def test_watching_costs_an_ordinary_request_no_query(signed_in, django_assert_num_queries):
    client = signed_in()
    with django_assert_num_queries(2) as asked:
        client.get(reverse("api-preferences"))
    # The session and the person, as without it.
    assert not any("browsersession" in query["sql"].lower() for query in asked.captured_queries)


def test_what_is_over_is_forgotten(signed_in):
    signed_in()
    Session.objects.all().delete()
    assert sessions.forget_ended() == 1


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(labeler):
    client = Client()
    cookie = client.post("/sign-in/", {"username": "aiko", "password": "a long phrase"}).cookies[
        "sessionid"
    ]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
