"""Idempotency keys: a POST that is sent again is answered as the first time, and done once.

The deed and its answer are one transaction (labelers/api_calls.py begins it), so there is no moment
at which a killed process leaves one without the other; a second request with the same key waits for
it. Kept is only what was done: a refusal changed nothing, so the request may simply be tried again.

Answers may hold what is shown once. They are encrypted with the key that the client made up and the
site's secret; the key itself is not kept, so that the database alone tells nobody anything.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from labelers.models import KeptAnswer, Person
from labelers.problems import Answered, Problem

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 200
KEPT_FOR = timedelta(hours=24)
PATIENCE = "3s"
"""How long a request waits for the same one that is being answered."""


@dataclass(frozen=True)
class Claim:
    """A key in the hands of the request that may use it, with what seals its answer."""

    kept: KeptAnswer
    secret: bytes


class FirstTime(BasePermission):
    """Whether a request with a key is new; where it is not, its answer is already there."""

    def has_permission(self, request: Request, view: object) -> bool:
        """Claims the key for this request.

        Raises:
            Answered: with the answer of the first time.
            Problem: 422 where the key stood for something else, 409 where it is in use just now.
        """
        if has_key(request._request):
            request._request.claim = claim(request)
        return True


def has_key(request: HttpRequest) -> bool:
    """Whether a request is to be done only once."""
    return request.method == "POST" and HEADER in request.headers


def is_form(request: HttpRequest) -> bool:
    """Whether a request may bring files, which are too large to be read whole."""
    return (request.content_type or "").startswith("multipart/")


def claim(request: Request) -> Claim:
    """Take the key of a request, or raise what there is to say instead."""
    key = request.headers[HEADER]
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise ValidationError({HEADER: [_("Send 1 to %d ASCII characters.") % LONGEST_KEY]})
    secret = hmac.digest(
        settings.SECRET_KEY.encode(), f"{request.user.pk}:{key}".encode(), "sha256"
    )
    name = _derived(secret, b"name").hex()
    asked = _hash_of(request, _derived(secret, b"request"))
    kept = _made(request.user, name, asked)
    if kept is not None:
        return Claim(kept, secret)
    kept = KeptAnswer.objects.get(person=request.user, name=name)
    if timezone.now() - kept.created_at > KEPT_FOR:
        kept.delete()
        return claim(request)
    if not hmac.compare_digest(kept.request, asked):
        raise Problem(
            422,
            _("Key used before"),
            _("This idempotency key stood for another request: make up a new one."),
        )
    raise Answered(_unsealed(kept, secret))


def _made(person: Person, name: str, asked: str) -> KeptAnswer | None:
    """A row for the key; None where there is one, after waiting for whoever is making it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            made = KeptAnswer.objects.create(person=person, name=name, request=asked)
            cursor.execute("SET LOCAL lock_timeout = DEFAULT")
            return made
    except IntegrityError:
        return None
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":
            raise
        raise Problem(
            409,
            _("In hand"),
            _("The same request is being answered just now: send it again in a moment."),
            retry_after=1,
        ) from error


def keep(request: HttpRequest, response: HttpResponseBase) -> None:
    """Keep the answer under the key that its request had claimed; a refusal frees the key."""
    claimed: Claim | None = getattr(request, "claim", None)
    if claimed is None or connection.needs_rollback:
        return
    if response.status_code >= 400 or response.streaming:
        claimed.kept.delete()
        return
    claimed.kept.status = response.status_code
    claimed.kept.sealed = _sealed(response, claimed)
    claimed.kept.save(update_fields=["status", "sealed"])


def throw_away_old() -> int:
    """Delete what need not be kept any longer; returns how many answers that were."""
    old = KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    return old.delete()[0]


def _sealed(response: HttpResponse, claimed: Claim) -> bytes:
    said = json.dumps(
        {"content_type": response.get("Content-Type", ""), "body": response.content.decode()}
    )
    nonce = os.urandom(12)
    cipher = AESGCM(_derived(claimed.secret, b"seal"))
    return nonce + cipher.encrypt(nonce, said.encode(), claimed.kept.name.encode())


def _unsealed(kept: KeptAnswer, secret: bytes) -> HttpResponse:
    sealed = bytes(kept.sealed)
    cipher = AESGCM(_derived(secret, b"seal"))
    said = json.loads(cipher.decrypt(sealed[:12], sealed[12:], kept.name.encode()))
    answer = HttpResponse(said["body"], status=kept.status, headers={REPLAYED: "true"})
    if said["content_type"]:
        answer["Content-Type"] = said["content_type"]
    else:
        del answer["Content-Type"]
    return answer


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return hmac.digest(secret, purpose, "sha256")


def _hash_of(request: Request, secret: bytes) -> str:
    """What tells one request from another: method, address and body, files included."""
    found = hmac.new(secret, digestmod="sha256")
    for part in _parts_of(request):
        # Each part with its length, so that no two requests run together to the same bytes.
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()


def _parts_of(request: Request) -> Iterator[bytes]:
    yield f"{request.method} {request.get_full_path()}".encode()
    if not is_form(request._request):
        yield (request.content_type or "").encode()
        yield request._request.body
        return
    # The boundary between the parts is another every time, so the parts are hashed.
    for name, values in sorted(request.data.lists()):
        for value in values:
            yield name.encode()
            if isinstance(value, UploadedFile):
                yield (value.name or "").encode()
                yield from value.chunks()
                value.seek(0)
            else:
                yield str(value).encode()
