"""Fetching what a person named, without reaching what only this machine or its network may reach.

A session of `guarded_session` asks what `reachable.check_url` allows, and connects to the very
address that was checked, so a name that changes its mind in between gains nothing. Proxies and
credentials of the environment are not used, and an answer is limited in time and size.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urljoin, urlsplit

from django.utils.translation import gettext_noop

from labelers.reachable import Resolver, Target, UnreachableError, check_url

__all__ = [
    "Answer",
    "GuardedSession",
    "Reply",
    "TooLargeError",
    "UnreachableError",
    "check_url",
    "guarded_session",
]

SECONDS = 15.0
MAX_BYTES = 1024 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PRIVATE_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})


TOO_LARGE = gettext_noop("{host} sent more than {bytes} bytes.")
TOO_FAR = gettext_noop("{host} leads on too often.")
TOO_LATE = gettext_noop("{host} did not answer in time.")
NO_CERTIFICATE = gettext_noop("The certificate of {host} does not hold.")
BROKEN_OFF = gettext_noop("{host} broke off its answer, or did not speak HTTP.")
NOT_THERE = gettext_noop("{host} cannot be reached.")
SENTENCES = (TOO_LARGE, TOO_FAR, TOO_LATE, NO_CERTIFICATE, BROKEN_OFF, NOT_THERE)


class TooLargeError(UnreachableError):
    """An answer of more bytes than were asked for."""


@dataclass(frozen=True)
class Reply:
    """What came back, headers by names in small letters; ``truncated`` where not all was kept."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool
    url: str


def guarded_session(
    *,
    seconds: float = SECONDS,
    max_bytes: int = MAX_BYTES,
    redirects: int = 0,
    allow_http: bool = False,
    resolve: Resolver | None = None,
) -> GuardedSession:
    """A session that asks only what `check_url` allows.

    ``seconds`` is for a whole request from the first byte to the last, however slowly they come;
    each of at most ``redirects`` hops is checked like the first address.
    """
    return GuardedSession(seconds, max_bytes, redirects, allow_http, resolve)


@dataclass(frozen=True)
class GuardedSession:
    """Requests within limits; see `guarded_session`. May be used by many threads at once."""

    seconds: float
    max_bytes: int
    redirects: int
    allow_http: bool
    resolve: Resolver | None

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        truncate: bool = False,
    ) -> Reply:
        """Ask and read the answer into memory; its status is for the caller to judge.

        Args:
            truncate: keep the first ``max_bytes`` of a larger answer instead of refusing it.

        Raises:
            TooLargeError: the answer is larger than ``max_bytes``.
            UnreachableError: `url` may not be asked, or nothing came back in time.
        """
        with self.open(method, url, headers=headers, body=body) as answer:
            kept = b"".join(answer.chunks(self.max_bytes + 1))
            more = len(kept) > self.max_bytes
            if more and not truncate:
                raise TooLargeError(TOO_LARGE, host=answer.target.host, bytes=self.max_bytes)
            return Reply(
                answer.status, answer.headers, kept[: self.max_bytes], more, answer.target.url
            )

    @contextmanager
    def open(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Iterator[Answer]:
        """The answer as a stream, for what does not fit in memory; the caller counts its bytes."""
        ends = time.monotonic() + self.seconds
        for hop in range(self.redirects + 1):
            target = check_url(url, allow_http=self.allow_http, resolve=self.resolve)
            with Answer(target, ends) as answer:
                answer.ask(method, dict(headers or {}), body)
                onward = answer.headers.get("location")
                if self.redirects == 0 or answer.status not in REDIRECTS or not onward:
                    yield answer
                    return
            if hop == self.redirects:
                break
            onward = urljoin(url, onward)
            if urlsplit(onward).netloc != urlsplit(url).netloc:
                # What was meant for one host is not handed to another.
                headers = {
                    k: v for k, v in (headers or {}).items() if k.lower() not in PRIVATE_HEADERS
                }
            if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
                method, body = "GET", None
            url = onward
        raise UnreachableError(TOO_FAR, host=urlsplit(url).hostname)


class Answer:
    """What one checked address answers, over a connection that is cut when its time is over."""

    def __init__(self, target: Target, ends: float) -> None:
        self.target = target
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self._ends = ends
        self._late = False
        self._connection: http.client.HTTPConnection | None = None
        self._response: http.client.HTTPResponse | None = None
        self._line: socket.socket | None = None
        self._alarm: threading.Timer | None = None

    def __enter__(self) -> Answer:
        return self

    def ask(self, method: str, headers: dict[str, str], body: bytes | None) -> None:
        """Send the request and read the head of the answer; raises UnreachableError."""
        with self._as_unreachable():
            connection = http.client.HTTPConnection(self.target.host, self.target.port)
            # So that the header Host names no port that goes without saying, and nothing is
            # ever connected again behind our back.
            connection.default_port = 443 if self.target.scheme == "https" else 80
            connection.auto_open = 0
            self._connection = connection
            connection.sock = self._connect()
            sent = {"Connection": "close", **headers}
            connection.request(method, self.target.path, body=body, headers=sent)
            self._response = connection.getresponse()
            self.status = self._response.status
            self.headers = {name.lower(): value for name, value in self._response.headers.items()}

    def chunks(self, limit: int, size: int = 64 * 1024) -> Iterator[bytes]:
        """The first `limit` bytes of the body; raises UnreachableError where it breaks off."""
        response = self._response
        if response is None:
            raise RuntimeError("nothing was asked yet")
        left = limit
        while left > 0:
            with self._as_unreachable():
                read = response.read(min(size, left))
                if not read and (self._late or response.length):
                    raise http.client.IncompleteRead(b"")
            if not read:
                return
            left -= len(read)
            yield read

    def _connect(self) -> socket.socket:
        """A line to one of the checked addresses, spoken to under the name."""
        problem: OSError | None = None
        for address in self.target.addresses:
            left = max(self._ends - time.monotonic(), 0.001)
            try:
                plain = socket.create_connection((address, self.target.port), timeout=left)
                break
            except OSError as error:
                problem = error
        else:
            raise problem or OSError("no address")
        # A second handle on the line: TLS takes over the first, and bytes that come one by one
        # never let its own time run out.
        self._line = plain.dup()
        self._alarm = threading.Timer(max(self._ends - time.monotonic(), 0), self._cut)
        self._alarm.daemon = True
        self._alarm.start()
        if self.target.scheme == "http":
            return plain
        try:
            context = ssl.create_default_context()
            return context.wrap_socket(plain, server_hostname=self.target.host)
        except BaseException:
            plain.close()
            raise

    def _cut(self) -> None:
        self._late = True
        if self._line is not None:
            with suppress(OSError):  # The other side may have been first.
                self._line.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _as_unreachable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise UnreachableError(self._sentence(problem), host=self.target.host) from problem

    def _sentence(self, problem: Exception) -> str:
        if self._late or isinstance(problem, TimeoutError):
            return TOO_LATE
        if isinstance(problem, ssl.SSLError):
            return NO_CERTIFICATE
        return BROKEN_OFF if isinstance(problem, http.client.HTTPException) else NOT_THERE

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        for handle in (self._response, self._connection, self._line):
            if handle is not None:
                handle.close()
