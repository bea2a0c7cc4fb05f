"""Invitation links: one way in, used no more often than meant."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from labelers import inviting, roles
from labelers.models import Invitation, Person

STRONG = "a phrase nobody guesses"


def invite(project, admin, **options):
    return inviting.invite(project=project, role="labeler", created_by=admin, **options)


def sign_up(token, name="mei", password=STRONG):
    return inviting.sign_up(token=token, username=name, password=password, language="ja")


def test_a_link_makes_an_account_with_its_role_and_is_used_up(project, admin):
    invitation, token = invite(project, admin)
    person = sign_up(token)
    assert roles.roles_in(person, project) == {"labeler"}
    assert person.language == "ja"
    invitation.refresh_from_db()
    assert invitation.uses == 1
    with pytest.raises(inviting.InvitationError, match="already used"):
        sign_up(token, "another")


def test_only_the_hash_of_a_token_is_stored(project, admin):
    invitation, token = invite(project, admin)
    assert token not in str(Invitation.objects.filter(pk=invitation.pk).values().get())


def test_links_that_are_over_say_so(project, admin):
    withdrawn, token = invite(project, admin)
    inviting.revoke(invitation=withdrawn, revoked_by=admin)
    with pytest.raises(inviting.InvitationError, match="withdrawn"):
        sign_up(token)
    _late, token = invite(project, admin, expires_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(inviting.InvitationError, match="run out"):
        sign_up(token)
    with pytest.raises(inviting.InvitationError, match="not known"):
        sign_up("guess")
    assert not Person.objects.filter(username="mei").exists()


@pytest.mark.parametrize(
    ("name", "password", "field"),
    [("ada", STRONG, "username"), ("m m", STRONG, "username"), ("mei", "12345678", "password")],
)
def test_a_bad_name_or_password_is_named_and_uses_nothing(project, admin, name, password, field):
    invitation, token = invite(project, admin)
    with pytest.raises(ValidationError) as caught:
        sign_up(token, name, password)
    assert field in caught.value.message_dict
    invitation.refresh_from_db()
    assert invitation.uses == 0


def test_somebody_with_an_account_comes_in_once(project, admin, stranger):
    invitation, token = invite(project, admin, max_uses=2)
    for _ in range(2):
        inviting.accept(token=token, person=stranger)
    invitation.refresh_from_db()
    assert (invitation.uses, roles.roles_in(stranger, project)) == (1, {"labeler"})


@pytest.mark.parametrize("options", [{"role": "owner"}, {"max_uses": 0}])
def test_senseless_invitations_are_refused(project, admin, options):
    with pytest.raises(ValueError, match=next(iter(options))):
        inviting.invite(**{"project": project, "role": "labeler", "created_by": admin} | options)


def test_the_pages_lead_from_link_to_project(client, project, admin):
    client.force_login(admin)
    made = client.post(
        reverse("people", args=["essays"]), {"role": "labeler", "max_uses": 1, "note": ""}
    )
    link = made.context["link"]
    client.logout()
    assert "Essays" in client.get(link).content.decode()
    weak = client.post(link, {"username": "mei", "password": "12345678"})
    assert "too common" in weak.content.decode()
    joined = client.post(link, {"username": "mei", "password": STRONG})
    assert joined.url == reverse("project", args=["essays"])
    assert client.get(joined.url).status_code == 200
    client.logout()
    assert client.get(link).status_code == 410


def test_there_is_no_open_registration(client, db):
    for path in ("/sign-up/", "/register/", "/accounts/signup/"):
        assert client.get(path).status_code == 404
