"""Requests are worked on once they are here: who sends slowly waits alone.

A thread that reads a body waits for whoever sends it, a byte a second if they like. So there are
many threads for waiting, and few at a time of them compute. What is larger than a form is read by
the application as it comes, and takes nobody's turn.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

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


class Whole:
    """A WSGI application around another, which gets bodies whole and `at_once` calls at most."""

    def __init__(self, application: Application, *, at_once: int, most_kept: int) -> None:
        self._application, self._most_kept = application, most_kept
        self._turns = _Turns(at_once)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer; 400 where less came than was announced, which must not pass for all of it."""
        length = _length(environ)
        if length > self._most_kept:
            return self._application(environ, start)
        if length:
            body = environ["wsgi.input"].read(length)
            if len(body) < length:
                start("400 Bad Request", [("Content-Type", "text/plain"), ("Content-Length", "0")])
                return [b""]
            environ["wsgi.input"] = BytesIO(body)
        with self._turns:
            return self._application(environ, start)


def _length(environ: dict[str, Any]) -> int:
    """The announced length; nothing is read where it is none."""
    said = environ.get("CONTENT_LENGTH") or ""
    return int(said) if said.isascii() and said.isdecimal() else 0
