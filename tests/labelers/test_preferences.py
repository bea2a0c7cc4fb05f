"""Preferences are checked, kept and shown on every page."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from rest_framework.test import APIClient

from labelers.models import AuditEvent, Person
from labelers.preferences import MOST_KEYS, PREFERENCES, preferences_of, save_preferences
from labelers.tokens import create_token

URL = "/api/v1/me/preferences/"
KEYS = {"submit": "Enter", "skip": "x"}


@pytest.fixture
def person(person_factory):
    return person_factory("aiko")


def test_the_defaults_are_themselves_valid(person):
    assert preferences_of(person) == {name: p.default for name, p in PREFERENCES.items()}
    assert save_preferences(person=person, changes=preferences_of(person)) == preferences_of(person)


def test_changes_are_kept_beside_what_was_set_with_an_audit_row(person):
    stale = Person.objects.get(pk=person.pk)
    save_preferences(person=person, changes={"theme": "dark", "keys": KEYS})
    # A second device, which read the person before that.
    found = save_preferences(person=stale, changes={"text_size": 130})
    assert (found["theme"], found["text_size"], found["keys"]) == ("dark", 130, KEYS)
    assert preferences_of(Person.objects.get(pk=person.pk)) == found
    events = AuditEvent.objects.filter(action="preferences.changed").order_by("id")
    assert [event.detail["fields"] for event in events] == [["keys", "theme"], ["text_size"]]


def test_what_changes_nothing_leaves_no_audit_row(person):
    save_preferences(person=person, changes={"theme": "dark"})
    save_preferences(person=person, changes={"theme": "dark"})
    assert AuditEvent.objects.filter(action="preferences.changed").count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("theme", "pink"),
        ("theme", None),
        ("theme", ["dark"]),
        ("text_size", 110),
        ("text_size", "115"),
        ("text_size", True),
        ("text_size", 100.0),
        ("submit_at_once", 1),
        ("cover_first", "yes"),
        ("keys", ["a"]),
        ("keys", {"Submit": "a"}),
        ("keys", {"a" * 31: "a"}),
        ("keys", {"": "a"}),
        ("keys", {"submit": ""}),
        ("keys", {"submit": "k" * 21}),
        ("keys", {"submit": 3}),
        ("keys", {"submit": "a\0"}),
        ("keys", {"submit": "\ud800"}),
        ("keys", {"submit": "a", "skip": "a"}),
        ("keys", {"a" * n: str(n) for n in range(1, MOST_KEYS + 2)}),
        ("colour", "red"),
    ],
)
def test_bad_values_are_refused_by_field_and_nothing_is_kept(person, field, value):
    with pytest.raises(ValidationError) as caught:
        save_preferences(person=person, changes={"submit_at_once": True, field: value})
    assert list(caught.value.message_dict) == [field]
    assert Person.objects.get(pk=person.pk).preferences == {}


def test_preferences_over_the_api(person):
    client = APIClient()
    assert client.get(URL).status_code == 401
    client.force_login(person)
    assert client.get(URL).json()["theme"] == "system"
    changed = client.patch(URL, {"theme": "light", "cover_first": True}, format="json")
    assert (changed.status_code, changed.json()["theme"]) == (200, "light")
    bad = client.patch(URL, {"text_size": 99}, format="json")
    assert (bad.status_code, list(bad.json()["errors"])) == (400, ["text_size"])
    assert client.patch(URL, ["dark"], format="json").status_code == 400
    assert client.patch(URL, {"theme": "dark"}).status_code == 415
    assert client.get(URL).json()["theme"] == "light"


@pytest.mark.parametrize(("scope", "status"), [("label", 200), ("export", 403)])
def test_a_token_needs_the_scope_label(person, scope, status):
    _token, secret = create_token(person=person, name="bot", scopes=[scope])
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert client.get(URL).status_code == status
    assert client.patch(URL, {"theme": "dark"}, format="json").status_code == status


def test_the_account_page_changes_them_and_every_page_shows_them(client, person):
    account = reverse("account")
    client.force_login(person)
    assert 'data-theme="system"' in client.get(account).content.decode()
    form = {"form": "display", "theme": "dark", "text_size": "130", "cover_first": "on"}
    assert client.post(account, form).status_code == 302
    for page in (account, reverse("projects")):
        html = client.get(page).content.decode()
        assert 'data-theme="dark" data-text-size="130"' in html
        script = html.split('<script id="preferences" type="application/json">')[1]
        assert json.loads(script.split("</script>")[0])["cover_first"] is True
    client.post(account, form | {"cover_first": ""})
    assert not preferences_of(Person.objects.get(pk=person.pk))["cover_first"]


def test_a_bad_form_says_so_and_keeps_nothing(client, person):
    client.force_login(person)
    form = {"form": "display", "theme": "pink", "text_size": "130"}
    page = client.post(reverse("account"), form)
    assert "pink" in page.content.decode()
    assert Person.objects.get(pk=person.pk).preferences == {}


def test_the_forms_of_the_account_page_stay_apart(client, person):
    client.force_login(person)
    token = {"form": "token", "name": "bot", "scopes": ["label"], "days": "90"}
    made = client.post(reverse("account"), token)
    assert "accord_" in made.content.decode()
    new = {"new_password1": "a longer phrase", "new_password2": "a longer phrase"}
    form = {"form": "password", "old_password": "a long phrase"} | new
    assert client.post(reverse("account"), form).status_code == 302
    assert Person.objects.get(pk=person.pk).check_password("a longer phrase")


def test_nobody_signed_in_sees_the_systems_theme(client):
    html = client.get(reverse("sign-in")).content.decode()
    assert 'data-theme="system" data-text-size="100"' in html
    assert 'id="preferences"' not in html
