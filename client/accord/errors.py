"""What can go wrong, as exceptions: each says in a sentence what is wrong and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
Jsons = list[Json]


class AccordError(Exception):
    """All that this client raises on purpose."""


class ConnectionFailedError(AccordError):
    """The server did not answer, or what answered is not Accord."""


class WorkFailedError(AccordError):
    """An import, a snapshot or a run ended badly; ``result`` is what the server says of it."""

    def __init__(self, sentence: str, result: Json) -> None:
        super().__init__(sentence)
        self.result = result


class ProblemError(AccordError):
    """A refusal of the server (RFC 9457).

    ``errors`` is there for invalid input, by field; ``request_id`` names the request in the
    server's log where something failed there.
    """

    def __init__(self, status: int, body: Mapping[str, Any], retry_after: float | None) -> None:
        self.status = status
        self.title = str(body.get("title") or "Not possible")
        self.detail = str(body.get("detail") or self.title)
        self.errors: Any = body.get("errors") or {}
        self.request_id = body.get("request_id")
        self.retry_after = retry_after
        super().__init__(f"{self.detail} ({status})")


class InvalidInputError(ProblemError):
    """Something that was sent is wrong; ``errors`` names the fields."""


class NotSignedInError(ProblemError):
    """The token is missing, unknown or expired."""


class NotAllowedError(ProblemError):
    """The token lacks a scope, or its owner a role."""


class NotFoundError(ProblemError):
    """There is no such thing, or not for the token's owner."""


class ConflictError(ProblemError):
    """It does not fit the present state."""


class TooManyRequestsError(ProblemError):
    """Too much at once, even after waiting."""


BY_STATUS: dict[int, type[ProblemError]] = {
    400: InvalidInputError,
    401: NotSignedInError,
    403: NotAllowedError,
    404: NotFoundError,
    409: ConflictError,
    412: ConflictError,
    422: InvalidInputError,
    429: TooManyRequestsError,
}


def problem_of(status: int, said: bytes, retry_after: float | None = None) -> ProblemError:
    """The exception for an answer with this status and body."""
    try:
        body = json.loads(said)
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    return BY_STATUS.get(status, ProblemError)(status, body, retry_after)
