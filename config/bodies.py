"""Requests are worked on once they are here: who sends slowly waits alone.

A thread that reads a body waits for whoever sends it, a byte a second if they like. So there are
many threads for waiting, and few at a time of them compute; and one address holds no more than its
share of them, since nothing ends a wait but the sender. What is larger than a form is read by the
application as it comes, and takes nobody's turn.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

_EMPTY = [("Content-Type", "text/plain"), ("Content-Length", "0")]

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Turns:
    """So many at once, and the others in the order in which they came.

    A semaphore lets whoever happens to run pass by those who wait.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: deque[threading.Lock] = deque()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        mine.acquire()

    def __exit__(self, *_problem: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


class _Waits:
    """How many bodies of each address are waited for."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def begin(self, address: str) -> bool:
        """Whether one more may be waited for; then `end` must follow."""
        with self._lock:
            may = self._counts[address] < self._most
            self._counts[address] += may
            return may

    def end(self, address: str) -> None:
        """One is there, or will not come."""
        with self._lock:
            self._counts[address] -= 1
            if not self._counts[address]:
                del self._counts[address]


class Whole:
    """A WSGI application around another, which gets bodies whole and `at_once` calls at most.

    `most_waits` is how many bodies of one address are waited for at once.
    """

    def __init__(
        self, application: Application, *, at_once: int, most_kept: int, most_waits: int
    ) -> None:
        self._application, self._most_kept = application, most_kept
        self._turns, self._waits = _Turns(at_once), _Waits(most_waits)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer; 400 where less came than was announced, which must not pass for all of it, and
        503 where too many bodies of that address are still to come."""
        length = _length(environ)
        if length > self._most_kept:
            return self._application(environ, start)
        if length:
            address = environ.get("REMOTE_ADDR", "")
            if not self._waits.begin(address):
                start("503 Service Unavailable", [*_EMPTY, ("Retry-After", "1")])
                return [b""]
            try:
                body = environ["wsgi.input"].read(length)
            finally:
                self._waits.end(address)
            if len(body) < length:
                start("400 Bad Request", _EMPTY)
                return [b""]
            environ["wsgi.input"] = BytesIO(body)
        with self._turns:
            return _at_once(self._application(environ, start))


def _at_once(answer: Any) -> Iterable[bytes]:
    """A whole answer in one piece, which goes out as such; what is streamed goes out as it comes.

    Its connection to the database goes back before the next one gets its turn.
    """
    if getattr(answer, "streaming", True):
        return answer  # type: ignore[no-any-return]
    try:
        return [answer.content]
    finally:
        answer.close()


def _length(environ: dict[str, Any]) -> int:
    """The announced length; nothing is read where it is none."""
    said = environ.get("CONTENT_LENGTH") or ""
    return int(said) if said.isascii() and said.isdecimal() else 0
