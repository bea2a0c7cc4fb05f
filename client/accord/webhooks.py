"""Webhooks: making them, and knowing that what arrives is Accord's.

`verify` is all that a receiver needs; it works without a server or a token.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Iterator, Mapping

from accord.calls import Calls, part
from accord.errors import AccordError, Json, Jsons

HEADER = "Accord-Signature"
TOLERANCE = 300.0


class SignatureError(AccordError):
    """A request that is not Accord's, or too old to be taken."""


def verify(
    body: bytes,
    headers: Mapping[str, str],
    secret: str | Iterable[str],
    *,
    tolerance: float = TOLERANCE,
    now: float | None = None,
) -> Json:
    """What a delivery says, once its signature holds.

    Args:
        body: the request's body exactly as it came.
        headers: the request's headers, in any spelling.
        secret: the webhook's secret, or several while one replaces another.
        tolerance: how many seconds old it may be; old ones may be sent again by others.
        now: the time, for tests.

    Raises:
        SignatureError: answer such a request with 400 and forget it.
    """
    given = next((text for name, text in headers.items() if name.lower() == HEADER.lower()), "")
    parts = [entry.strip().partition("=") for entry in given.split(",")]
    times = [text for name, _, text in parts if name == "t"]
    signatures = [text for name, _, text in parts if name == "v1"]
    if len(times) != 1 or not signatures:
        raise SignatureError(f"The header {HEADER} is missing or damaged.")
    secrets = [secret] if isinstance(secret, str) else list(secret)
    signed = times[0].encode() + b"." + body
    fits = [
        hmac.compare_digest(
            hmac.new(one.encode(), signed, hashlib.sha256).hexdigest().encode(), text.encode()
        )
        for one in secrets
        for text in signatures
    ]
    if not any(fits):
        raise SignatureError(
            "The signature does not fit: the secret is another, or the body was changed."
        )
    if not times[0].isdigit() or abs((now or time.time()) - int(times[0])) > tolerance:
        raise SignatureError("The request is too old, or the clocks differ too much.")
    said: Json = json.loads(body)
    return said


class Webhooks:
    """The webhooks of a project, or (for staff, with no slug) of the whole site."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def events(self) -> Jsons:
        """What webhooks may be told of."""
        return list(self._calls.pages("webhook-events/"))

    def list(self, slug: str | None = None) -> Iterator[Json]:
        """The webhooks, newest first."""
        return self._calls.pages(_place(slug))

    def create(
        self,
        slug: str | None,
        name: str,
        url: str,
        events: Iterable[str],
        *,
        batch_size: int | None = None,
    ) -> Json:
        """Make a webhook; ``secret`` of what is returned is shown this once."""
        asked: Json = {"name": name, "url": url, "events": sorted(events)}
        if batch_size is not None:
            asked["batch_size"] = batch_size
        return dict(self._calls.post(_place(slug), asked))

    def change(self, uid: str, **fields: object) -> Json:
        """Change name, url, events, batch_size or is_on."""
        return dict(self._calls.ask("PATCH", f"webhooks/{part(uid)}/", value=fields))

    def remove(self, uid: str) -> None:
        """Remove a webhook with its log."""
        self._calls.ask("DELETE", f"webhooks/{part(uid)}/")

    def new_secret(self, uid: str) -> Json:
        """Make a new secret; the former one signs beside it for a day."""
        return dict(self._calls.post(f"webhooks/{part(uid)}/secret/"))

    def test(self, uid: str) -> Json:
        """Send a delivery without events."""
        return dict(self._calls.post(f"webhooks/{part(uid)}/test/"))

    def deliveries(self, uid: str) -> Iterator[Json]:
        """The log, newest first."""
        return self._calls.pages(f"webhooks/{part(uid)}/deliveries/")

    def resend(self, uid: str, delivery: str) -> Json:
        """Send a delivery again under the id that it had."""
        return dict(self._calls.post(f"webhooks/{part(uid)}/deliveries/{part(delivery)}/resend/"))


def _place(slug: str | None) -> str:
    return f"projects/{part(slug)}/webhooks/" if slug else "webhooks/"
