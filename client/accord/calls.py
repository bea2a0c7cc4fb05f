"""Requests to the API: retried where that is safe, refusals as exceptions, lists as iterators.

A request is repeated when the server says that it did nothing (429, 503), and when nobody knows
(no answer, 502, 504) if doing it twice is the same as once: reading, deleting, and every POST,
because each carries an idempotency key.
"""

from __future__ import annotations

import http.client
import json
import random
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import IO, Any, Callable, Union
from urllib.parse import quote, urlencode, urlsplit

from accord.errors import ConnectionFailedError, Json, ProblemError, problem_of

API = "/api/v1"
TRIES = 6
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
LONGEST_ASKED = 120.0
"""Seconds that the server may ask to wait; beyond that the refusal is raised."""
DID_NOTHING = frozenset({429, 503})
NOBODY_KNOWS = frozenset({502, 504})
SAFE = frozenset({"GET", "HEAD", "DELETE"})

Query = Mapping[str, Union[str, int, float, bool, None]]
Body = Callable[[], tuple[Any, int, str]]
"""Makes what is sent anew for every try: bytes or an iterable of them, its length, its type."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing, so that a token never goes elsewhere."""

    def redirect_request(self, *_args: Any, **_named: Any) -> None:
        """Leave the redirect to be raised."""


class Calls:
    """A server, a token, and how long to be patient; may be used by several threads."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 60.0,
        tries: int = TRIES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url
        self._token = token
        self._timeout = timeout
        self._tries = max(tries, 1)
        self.sleep = sleep
        self._opener = urllib.request.build_opener(_Stay())

    def __repr__(self) -> str:
        return f"Calls({self.url!r})"

    def get(self, path: str, query: Query | None = None) -> Any:
        """What an address answers."""
        return self.ask("GET", path, query=query)

    def post(self, path: str, value: Any = None, *, key: str | None = None) -> Any:
        """Send a JSON value; `key` makes sending it again later the same request."""
        return self.ask("POST", path, value=value, key=key)

    def pages(self, path: str, query: Query | None = None) -> Iterator[Json]:
        """Everything in a list, page after page as it is needed."""
        found = self.get(path, query)
        while True:
            if isinstance(found, list):
                # Short lists come whole.
                yield from found
                return
            yield from found["results"]
            if not found.get("next"):
                return
            onward = urlsplit(found["next"])
            # The path alone: a server behind a proxy may not know how it is called outside.
            found = self.get(onward.path + ("?" + onward.query if onward.query else ""))

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        value: Any = None,
        body: Body | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON of an answer; None where there is no body.

        Raises:
            ProblemError: the server refuses.
            ConnectionFailedError: nothing came back.
        """
        with self.open(
            method, path, query=query, value=value, body=body, key=key, headers=headers
        ) as answer:
            said = answer.read()
        if not said:
            return None
        try:
            return json.loads(said)
        except ValueError:
            raise ConnectionFailedError(f"{self.url} did not answer like Accord.") from None

    @contextmanager
    def open(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        value: Any = None,
        body: Body | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer as a stream; raises as `ask` does."""
        method = method.upper()
        if method == "POST" and key is None:
            key = str(uuid.uuid4())
        if value is not None:
            encoded = json.dumps(value).encode()
            body = lambda: (encoded, len(encoded), "application/json")  # noqa: E731
        sent = dict(headers or {})
        if key is not None:
            sent["Idempotency-Key"] = key
        answer = self._answer(method, self._address(path, query), sent, body)
        try:
            yield answer
        except (OSError, http.client.HTTPException) as problem:
            raise ConnectionFailedError(f"The answer of {self.url} broke off.") from problem
        finally:
            answer.close()

    def _address(self, path: str, query: Query | None) -> str:
        if not path.startswith("/"):
            path = f"{API}/{path}"
        asked = {
            name: str(value).lower() if isinstance(value, bool) else value
            for name, value in (query or {}).items()
            if value is not None
        }
        if asked:
            path += ("&" if "?" in path else "?") + urlencode(asked)
        return self.url + path

    def _answer(
        self, method: str, address: str, headers: dict[str, str], body: Body | None
    ) -> http.client.HTTPResponse:
        repeatable = method in SAFE or "Idempotency-Key" in headers
        for tried in range(1, self._tries + 1):
            problem, again = self._tried(method, address, headers, body)
            if isinstance(problem, http.client.HTTPResponse):
                return problem
            if tried == self._tries or not (again == "always" or (again and repeatable)):
                raise problem
            asked = problem.retry_after if isinstance(problem, ProblemError) else None
            if asked is not None and asked > LONGEST_ASKED:
                raise problem
            pause = min(FIRST_PAUSE * 2 ** (tried - 1), LONGEST_PAUSE)
            # Between half and all of it, so that many clients do not come back at once.
            self.sleep(max(pause * (0.5 + random.random() / 2), asked or 0.0))  # noqa: S311
        raise AssertionError("unreachable")

    def _tried(
        self, method: str, address: str, headers: dict[str, str], body: Body | None
    ) -> tuple[Any, str]:
        """An answer, or an exception and whether to try again: "", "if the same", "always"."""
        data, length, kind = body() if body else (None, 0, "")
        request = urllib.request.Request(address, data=data, method=method)  # noqa: S310
        request.add_header("Authorization", f"Bearer {self._token}")
        request.add_header("Accept", "application/json, */*;q=0.1")
        request.add_header("User-Agent", "accord-client/0.1")
        if body:
            request.add_header("Content-Type", kind)
            request.add_header("Content-Length", str(length))
        for name, text in headers.items():
            request.add_header(name, text)
        try:
            return self._opener.open(request, timeout=self._timeout), ""
        except urllib.error.HTTPError as refused:
            with refused:
                return self._refusal(refused)
        except urllib.error.URLError as problem:
            reason = problem.reason
        except (OSError, http.client.HTTPException) as problem:
            reason = problem
        sentence = f"{self.url} cannot be reached ({reason}). Check the address and the line."
        return ConnectionFailedError(sentence), "if the same"

    def _refusal(self, refused: urllib.error.HTTPError) -> tuple[Exception, str]:
        if 300 <= refused.code < 400:
            onward = refused.headers.get("Location", "elsewhere")
            said = f"{self.url} leads to {onward}: use that address if you trust it."
            return ConnectionFailedError(said), ""
        after = seconds_of(refused.headers.get("Retry-After"))
        problem = problem_of(refused.code, _read(refused), after)
        if refused.code in DID_NOTHING or (refused.code == 409 and after is not None):
            return problem, "always"
        return problem, "if the same" if refused.code in NOBODY_KNOWS else ""


def _read(refused: IO[bytes]) -> bytes:
    try:
        return refused.read(1024 * 1024)
    except (OSError, http.client.HTTPException):
        return b""


def seconds_of(retry_after: str | None) -> float | None:
    """What the header Retry-After asks for: seconds, or a date."""
    if not retry_after:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return max(parsedate_to_datetime(retry_after).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError):
        return None


def part(value: object) -> str:
    """`value` as one part of a path."""
    return quote(str(value), safe="")
