"""Signatures of deliveries, and the secrets that they are made with.

``Accord-Signature: t=SECONDS,v1=HEX`` where HEX is the HMAC-SHA256 of ``SECONDS.BODY`` under the
secret; while one secret replaces another there is a ``v1`` of each. A receiver takes any that fits
and refuses a time long past, so that nobody can send an old delivery again.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable

from django.conf import settings
from django.utils.crypto import salted_hmac

from labelers.inviting import hash_token

PREFIX = "whsec_"


def new_seed() -> str:
    """What a new secret is made of, besides the site's key."""
    return secrets.token_urlsafe(32)


def secret_of(seed: str, *, key: str | None = None) -> str:
    """The secret that ``seed`` and the site's secret key make together."""
    made = salted_hmac("accord.webhooks", seed, secret=key, algorithm="sha256")
    return PREFIX + made.hexdigest()


def find_secret(seed: str, secret_hash: str) -> str | None:
    """The secret with this hash, by the site's key or a former one; None if all have gone."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        made = secret_of(seed, key=key)
        if hmac.compare_digest(hash_token(made), secret_hash):
            return made
    return None


def signature(body: bytes, seconds: int, with_secrets: Iterable[str]) -> str:
    """The value of the header ``Accord-Signature``."""
    signed = f"{seconds}.".encode() + body
    parts = [hmac.digest(secret.encode(), signed, "sha256").hex() for secret in with_secrets]
    return ",".join([f"t={seconds}", *(f"v1={part}" for part in parts)])
