"""Whoever signed in from a browser before is not kept out of it by guesses from elsewhere."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from labelers import inviting
from labelers.signing_in import guarding, known_browsers

SIGN_IN = "/sign-in/"


def try_it(client, name, password="a long phrase", **more):
    return client.post(SIGN_IN, {"username": name, "password": password}, **more).status_code


def lock(name, client=None):
    for number in range(guarding.BY_PERSON + 1):
        try_it(client or Client(), name, "wrong", REMOTE_ADDR=f"192.0.2.{number}")


def test_the_owner_gets_in_where_they_are_known_while_a_stranger_guesses(admin):
    desk = Client()
    assert try_it(desk, "ada") == 302
    desk.post("/sign-out/")
    lock("ada")
    assert try_it(Client(), "ada") == 200
    assert try_it(desk, "ada") == 302


def test_a_known_browser_has_no_more_tries_than_others(admin):
    desk = Client()
    try_it(desk, "ada")
    desk.post("/sign-out/")
    lock("ada", desk)
    assert try_it(desk, "ada") == 200
    assert guarding.locked().filter(key__startswith="browser:", person=admin).exists()
    assert try_it(Client(), "ada") == 302


def test_the_cookie_of_one_person_is_of_no_use_for_another(admin, labeler):
    desk = Client()
    try_it(desk, "aiko")
    cookie = desk.cookies[known_browsers.cookie_name()]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    desk.post("/sign-out/")
    lock("ada")
    assert try_it(desk, "ada") == 200
    desk.cookies[known_browsers.cookie_name()] = "forged:value"
    assert try_it(desk, "ada") == 200


def test_the_browser_of_a_first_visit_is_known_too(admin, project):
    _invitation, token = inviting.invite(project=project, role="labeler", created_by=admin)
    desk = Client()
    words = {"username": "mei", "password": "a phrase nobody guesses"}
    assert desk.post(reverse("invitation", args=[token]), words).status_code == 302
    assert known_browsers.cookie_name() in desk.cookies
