"""API tokens: shown once, limited, gone when revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from labelers import tokens
from labelers.models import ApiToken


def get_me(secret):
    return APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}").get("/api/v1/me/")


def test_a_token_speaks_for_its_person_and_its_use_is_noted(labeler):
    token, secret = tokens.create_token(person=labeler, name="bot", scopes=["label"])
    assert get_me(secret).json()["username"] == "aiko"
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert secret not in str(ApiToken.objects.values().get())


def test_expired_revoked_and_guessed_tokens_are_refused(labeler):
    _expired, secret = tokens.create_token(person=labeler, name="old", scopes=["label"])
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    token, revoked = tokens.create_token(person=labeler, name="bot", scopes=["label"])
    tokens.revoke_token(token=token, revoked_by=labeler)
    for wrong in (secret, revoked, "accord_guess"):
        response = get_me(wrong)
        assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")


def test_the_token_of_a_closed_account_is_refused(labeler):
    _token, secret = tokens.create_token(person=labeler, name="bot", scopes=["label"])
    labeler.is_active = False
    labeler.save()
    assert get_me(secret).status_code == 401


@pytest.mark.parametrize("scopes", [[], ["fly"]])
def test_scopes_are_chosen_from_the_list(labeler, scopes):
    with pytest.raises(ValueError, match="scopes"):
        tokens.create_token(person=labeler, name="bot", scopes=scopes)


def test_tokens_are_made_listed_and_revoked_over_the_api(labeler, stranger):
    client = APIClient()
    client.force_login(labeler)
    made = client.post("/api/v1/tokens/", {"name": "bot", "scopes": ["label"]}, format="json")
    assert made.status_code == 201
    assert made.json()["secret"].startswith("accord_")
    (listed,) = client.get("/api/v1/tokens/").json()["results"]
    assert "secret" not in listed
    url = f"/api/v1/tokens/{made.json()['id']}/"
    other = APIClient()
    other.force_login(stranger)
    assert other.delete(url).status_code == 404
    assert client.delete(url).status_code == 204
    assert get_me(made.json()["secret"]).status_code == 401


def make(client, **given):
    return client.post(
        "/api/v1/tokens/", {"name": "n", "scopes": ["label"], **given}, format="json"
    )


def test_a_token_holds_ninety_days_unless_somebody_says_otherwise(labeler):
    client = APIClient()
    client.force_login(labeler)
    usual = parse_datetime(make(client).json()["expires_at"]) - timezone.now()
    assert timedelta(days=89, hours=23) < usual <= timedelta(days=90)
    assert make(client, expires_at=None).json()["expires_at"] is None
    past = (timezone.now() - timedelta(seconds=1)).isoformat()
    refused = make(client, expires_at=past)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["expires_at"])


def test_a_token_made_with_a_token_can_do_no_more_and_lives_no_longer(labeler):
    end = timezone.now() + timedelta(days=5)
    _, secret = tokens.create_token(person=labeler, name="a", scopes=["admin"], expires_at=end)
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    more = make(client, scopes=["admin", "train"], expires_at=end.isoformat())
    assert (more.status_code, "train" in more.json()["detail"]) == (400, True)
    for expires_at in (None, (end + timedelta(days=1)).isoformat()):
        longer = make(client, scopes=["admin"], expires_at=expires_at)
        assert (longer.status_code, list(longer.json()["errors"])) == (400, ["expires_at"])
    assert make(client, scopes=["admin"], expires_at=end.isoformat()).status_code == 201


def test_the_token_of_somebody_who_left_does_nothing_in_the_project(admin, project):
    _, secret = tokens.create_token(person=admin, name="a", scopes=list(ApiToken.Scope.values))
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    base = f"/api/v1/projects/{project.slug}/"
    assert client.get(base).status_code == 200
    project.memberships.filter(person=admin).delete()
    for path in ("", "members/", "items/", "runs/", "snapshots/", "guidelines/"):
        assert client.get(base + path).status_code == 404
    for path in ("labeling/next/", "snapshots/", "invitations/", "guidelines/"):
        assert client.post(base + path, {}, format="json").status_code == 404
    assert client.patch(base, {"name": "Mine"}, format="json").status_code == 404
    assert client.get("/api/v1/projects/").json()["results"] == []


def test_the_page_offers_how_long_and_says_when_it_ends(client, labeler):
    client.force_login(labeler)
    given = {"form": "token", "name": "bot", "scopes": ["label"]}
    page = client.post("/account/", {**given, "days": "30"}).content.decode()
    assert "accord_" in page
    left = ApiToken.objects.get().expires_at - timezone.now()
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert "Expired" in client.get("/account/").content.decode()
    client.post("/account/", {**given, "days": "0"})
    assert ApiToken.objects.first().expires_at is None
    refused = client.post("/account/", {**given, "days": "9999"})
    assert (ApiToken.objects.count(), "accord_" in refused.content.decode()) == (2, False)
