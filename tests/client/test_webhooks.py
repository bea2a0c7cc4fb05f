"""The client believes what the server signs, and nothing else."""

from __future__ import annotations

import pytest
from accord import webhooks
from accord.webhooks import SignatureError, verify

from labelers.webhooks.signing import signature

BODY = b'{"id":"x","events":[]}'
NOW = 1_700_000_000


def headers(body=BODY, at=NOW, secrets=("whsec_a",), name="Accord-Signature"):
    return {"Content-Type": "application/json", name: signature(body, at, secrets)}


@pytest.mark.parametrize("name", ["Accord-Signature", "accord-signature", "ACCORD-SIGNATURE"])
def test_what_the_server_signed_holds(name):
    assert verify(BODY, headers(name=name), "whsec_a", now=NOW + 299)["id"] == "x"


@pytest.mark.parametrize(
    ("given", "mine"),
    [
        (["whsec_b", "whsec_a"], "whsec_a"),
        (["whsec_b", "whsec_a"], "whsec_b"),
        (["whsec_b"], ["whsec_a", "whsec_b"]),
    ],
)
def test_while_one_secret_replaces_another_either_will_do(given, mine):
    assert verify(BODY, headers(secrets=given), mine, now=NOW)


@pytest.mark.parametrize(
    ("body", "given", "secret", "now"),
    [
        (BODY + b" ", headers(), "whsec_a", NOW),
        (BODY, headers(), "whsec_b", NOW),
        (BODY, headers(), [], NOW),
        (BODY, headers(), "whsec_a", NOW + 301),
        (BODY, headers(), "whsec_a", NOW - 301),
        (BODY, {}, "whsec_a", NOW),
        (BODY, {webhooks.HEADER: "nonsense"}, "whsec_a", NOW),
        (BODY, {webhooks.HEADER: f"t={NOW}"}, "whsec_a", NOW),
        (BODY, {webhooks.HEADER: "v1=äß"}, "whsec_a", NOW),
        (BODY, {webhooks.HEADER: f"t={NOW},v1=äß"}, "whsec_a", NOW),
        (BODY, {webhooks.HEADER: f"t={NOW + 9}," + headers()[webhooks.HEADER]}, "whsec_a", NOW),
    ],
)
def test_anything_else_does_not(body, given, secret, now):
    with pytest.raises(SignatureError):
        verify(body, given, secret, now=now)
