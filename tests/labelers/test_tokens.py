"""API tokens: shown once, limited, gone when revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
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
    past = timezone.now() - timedelta(seconds=1)
    _expired, secret = tokens.create_token(
        person=labeler, name="old", scopes=["label"], expires_at=past
    )
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
