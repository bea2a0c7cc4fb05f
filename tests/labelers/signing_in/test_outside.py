"""Signing in through an OpenID Connect provider, a real one on a local port."""

from __future__ import annotations

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.urls import reverse

from labelers import inviting, roles
from labelers.models import AuditEvent, Person
from tests.labelers.signing_in.provider import CLIENT, SECRET, Provider

MEI = {"sub": "7", "email": "mei@example.org", "email_verified": True, "preferred_username": "mei"}


@pytest.fixture
def provider(settings):
    made = Provider()
    made.claims = dict(MEI)
    app = {
        "provider_id": "oidc",
        "name": "Example",
        "client_id": CLIENT,
        "secret": SECRET,
        "settings": {"server_url": made.issuer, "fetch_userinfo": False},
    }
    settings.OIDC_ISSUER = made.issuer
    settings.OIDC_NAME = "Example"
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
    }
    yield made
    made.stop()


def come(client, **query):
    """Go the whole way by the button: here, there, and back; the answer to coming back."""
    begun = client.post(reverse("openid_connect_login", args=["oidc"]), query_params=query)
    assert begun.status_code == 302, begun.content
    with requests.Session() as browser:
        browser.trust_env = False
        sent = browser.get(begun.url, allow_redirects=False, timeout=10)
    return client.get(sent.headers["Location"].removeprefix("http://testserver"))


def is_in(client) -> bool:
    return client.get(reverse("account")).status_code == 200


def test_a_stranger_is_told_to_ask_for_an_invitation(client, provider, db):
    came = come(client)
    assert came.status_code == 403
    assert "Ask whoever runs your project for a link." in came.content.decode()
    assert not Person.objects.exists()


def test_a_domain_that_the_operator_allows_may_come_in(client, provider, settings, db):
    settings.OIDC_DOMAINS = ["example.org"]
    assert come(client, next="/account/").url == "/account/"
    person = Person.objects.get()
    assert (person.username, person.email) == ("mei", "mei@example.org")
    assert not person.has_usable_password()
    assert is_in(client)
    client.post(reverse("sign-out"))
    come(client)
    assert is_in(client)
    assert Person.objects.count() == 1
    hows = AuditEvent.objects.filter(action="person.signed_in").values_list(
        "detail__how", flat=True
    )
    assert set(hows) == {"oidc"}


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email": "mei@example.org.evil.example"},
        {"email": "mei@evil.example"},
        {"email": None},
    ],
)
def test_only_a_checked_address_of_the_domain_counts(client, provider, settings, db, claims):
    settings.OIDC_DOMAINS = ["example.org"]
    provider.claims |= claims
    assert come(client).status_code == 403
    assert not Person.objects.exists()


def test_an_account_is_never_taken_over_by_its_address(client, provider, settings, admin):
    settings.OIDC_DOMAINS = ["*"]
    admin.email = "mei@example.org"
    admin.save()
    came = come(client)
    assert came.status_code == 403
    assert "Sign in to it, then join both there." in came.content.decode()
    assert not is_in(client)


def test_an_invitation_lets_an_identity_in(client, provider, project, admin):
    _made, token = inviting.invite(project=project, role="labeler", created_by=admin)
    wanted = reverse("invitation", args=[token])
    assert come(client, next=wanted).url == wanted
    client.post(wanted)
    assert roles.roles_in(Person.objects.get(username="mei"), project) == {"labeler"}


def test_an_account_is_joined_to_an_identity_by_its_owner_and_parted(client, provider, admin):
    client.force_login(admin)
    asked = come(client, process="connect", next=reverse("safety"))
    assert asked.url.startswith(reverse("account_reauthenticate")), "a stolen session is enough"
    assert not admin.socialaccount_set.exists()
    client.post(asked.url, {"password": "a long phrase"})
    other = Client()
    come(other)
    assert is_in(other)
    page = client.get(reverse("safety")).content.decode()
    assert "mei@example.org" in page
    identity = admin.socialaccount_set.get()
    client.post(reverse("identity-leave", args=[identity.pk]))
    assert come(Client()).status_code == 403


def test_the_only_way_in_cannot_be_parted(client, provider, settings, db):
    settings.OIDC_DOMAINS = ["*"]
    come(client)
    identity = Person.objects.get().socialaccount_set.get()
    client.post(reverse("identity-leave", args=[identity.pk]))
    assert Person.objects.get().socialaccount_set.exists()


def test_a_token_that_somebody_else_signed_is_not_believed(client, provider, settings, db):
    settings.OIDC_DOMAINS = ["*"]
    provider.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    come(client)
    assert not is_in(client)
    assert not Person.objects.exists()


@pytest.mark.parametrize("claims", [{"aud": "another"}, {"iss": "https://x"}, {"exp": 1}])
def test_a_token_for_another_or_of_yesterday_is_not_believed(
    client, provider, settings, db, claims
):
    settings.OIDC_DOMAINS = ["*"]
    provider.claims |= claims
    come(client)
    assert not is_in(client)


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(provider, settings, db):
    settings.OIDC_DOMAINS = ["*"]
    begun = Client().post(reverse("openid_connect_login", args=["oidc"]))
    with requests.Session() as browser:
        browser.trust_env = False
        sent = browser.get(begun.url, allow_redirects=False, timeout=10)
    other = Client()
    other.get(sent.headers["Location"].removeprefix("http://testserver"))
    assert not is_in(other)
    assert not Person.objects.exists()


def test_a_link_alone_does_not_begin_it(client, provider, db):
    assert client.get(reverse("openid_connect_login", args=["oidc"])).status_code == 200


def test_without_a_provider_there_is_no_such_page(client, db):
    for name in ("openid_connect_login", "openid_connect_callback"):
        assert client.get(reverse(name, args=["oidc"])).status_code == 404
