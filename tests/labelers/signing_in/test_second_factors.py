"""One-time passwords: set up, asked for, recovered from, demanded by a site, and taken away."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.urls import reverse

from labelers import tokens
from labelers.models import AuditEvent
from labelers.signing_in import second_factors

SET_UP = "/account/second-factor/"
PASSWORD = "a long phrase"


def code_of(secret: str) -> str:
    """What an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // app_settings.TOTP_PERIOD))


def sign_in(client, name="aiko"):
    return client.post("/sign-in/", {"username": name, "password": PASSWORD, "next": "/account/"})


def confirm(client, address=SET_UP):
    """Open a page that wants to know whether it is you."""
    asked = client.get(address)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    return client.post(asked.url, {"password": PASSWORD}, follow=True)


def set_up(client) -> tuple[str, list[str]]:
    """Set a second factor up as a person does; the secret and the recovery codes."""
    page = confirm(client).content.decode()
    secret = re.search(r'class="secret">([A-Z2-7]+)<', page)[1]
    codes = client.post(SET_UP, {"code": code_of(secret)}, follow=True).content.decode()
    return secret, re.findall(r"<li><code>(\w+)</code>", codes)


@pytest.fixture
def protected(labeler):
    client = Client()
    sign_in(client)
    return set_up(client)


def test_signing_in_asks_for_the_code(protected, labeler):
    secret, _codes = protected
    client = Client()
    asked = sign_in(client)
    assert asked.url == reverse("mfa_authenticate")
    assert client.get(reverse("account")).status_code == 302
    wrong = client.post(asked.url, {"code": "000000"})
    assert "This is not the code." in wrong.content.decode()
    assert client.post(asked.url, {"code": code_of(secret)}).url == "/account/"
    assert client.get(reverse("account")).status_code == 200


def test_a_code_works_once(protected):
    secret, _codes = protected
    code = code_of(secret)
    clients = [Client(), Client()]
    for client in clients:
        sign_in(client)
    answers = [client.post(reverse("mfa_authenticate"), {"code": code}) for client in clients]
    assert [answer.status_code for answer in answers] == [302, 200]


def test_codes_cannot_be_guessed(protected):
    client = Client()
    sign_in(client)
    pages = [
        client.post(reverse("mfa_authenticate"), {"code": f"{number:06}"}).content.decode()
        for number in range(7)
    ]
    assert "Too many tries" in pages[-1]


def test_a_recovery_code_lets_in_once_and_is_shown_once(protected, labeler):
    _secret, codes = protected
    assert len(codes) == 10
    client = Client()
    sign_in(client)
    assert client.post(reverse("mfa_authenticate"), {"code": codes[0]}).url == "/account/"
    page = confirm(client, reverse("mfa_view_recovery_codes")).content.decode()
    assert "9 recovery codes are left" in page
    assert not any(code in page for code in codes)
    again = Client()
    sign_in(again)
    assert again.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 200


def test_the_database_alone_does_not_give_the_secrets_away(protected, settings):
    secret, codes = protected
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not any(code in kept for code in codes)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new key of the site"
    client = Client()
    sign_in(client)
    assert client.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).status_code == 302


def test_removing_it_asks_whether_it_is_you(protected, labeler):
    secret, _codes = protected
    client = Client()
    sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert client.post("/account/second-factor/remove/").status_code == 302
    assert second_factors.has_one(labeler)
    confirm(client, "/account/second-factor/remove/")
    client.post("/account/second-factor/remove/")
    assert not second_factors.has_one(labeler)


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ("nobody", set()),
        ("staff", {"boss"}),
        ("admins", {"boss", "ada"}),
        ("everyone", {"boss", "ada", "aiko"}),
    ],
)
def test_a_site_may_demand_one(settings, wanted, asked, admin, labeler, person_factory):
    settings.SECOND_FACTOR_FOR = wanted
    person_factory("boss", is_staff=True)
    led = set()
    for name in ("boss", "ada", "aiko"):
        client = Client()
        sign_in(client, name)
        if client.get(reverse("projects")).status_code == 302:
            led.add(name)
            assert client.get(reverse("projects")).url == SET_UP
            refused = client.get(reverse("api-projects"))
            assert (refused.status_code, refused["Content-Type"]) == (
                403,
                "application/problem+json",
            )
    assert led == asked


def test_whoever_has_set_it_up_may_go_on(settings, labeler, protected):
    settings.SECOND_FACTOR_FOR = "everyone"
    client = Client()
    sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code_of(protected[0])})
    assert client.get(reverse("projects")).status_code == 200


def test_staff_take_a_lost_one_away_and_its_owner_is_told(protected, labeler, person_factory):
    staff = Client()
    staff.force_login(person_factory("boss", is_staff=True))
    nobody = staff.post(reverse("sign-in-locks"), {"username": "ada"})
    assert "Nobody with this name" in nobody.content.decode()
    staff.post(reverse("sign-in-locks"), {"username": "aiko"})
    assert sign_in(Client()).url == "/account/"
    assert labeler.notices.get().kind == "second_factor_gone"
    assert AuditEvent.objects.filter(action="second_factor.removed").exists()


def test_a_token_cannot_touch_what_protects_the_account(labeler):
    _token, secret = tokens.create_token(
        person=labeler, name="all", scopes=["label", "admin", "export", "train"]
    )
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    for address in (SET_UP, reverse("safety"), reverse("account")):
        assert client.post(address, {"email": "evil@example.org"}).status_code == 302
