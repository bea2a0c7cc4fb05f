"""A hundred labelers over one thread: keep-alive sockets, sessions and CSRF as the page sends them.

The client shares the processor with what it measures, so it speaks HTTP itself and reads of an
answer only what the next request needs. Clients that say little or nothing (`Slow`) hang on beside.
"""

from __future__ import annotations

import heapq
import random
import re
import selectors
import socket
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

_ASSIGNMENT = re.compile(rb'"assignment":(\d+)')
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_STRENGTHS = ("significantly", "better", "slightly", "negligibly")
_BUFFER = 1 << 18


@dataclass(frozen=True)
class SignedIn:
    """Somebody whose session exists: what their browser would send."""

    person: int
    session: str


@dataclass
class Load:
    """What a stretch of load came to. Times are in milliseconds, one for each complete cycle."""

    seconds: float = 0.0
    milliseconds: list[float] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    assignments: int = 0

    @property
    def per_second(self) -> float:
        """Complete cycles a second."""
        return len(self.milliseconds) / self.seconds if self.seconds else 0.0

    def at(self, percent: float) -> float:
        """A percentile of the times."""
        ordered = sorted(self.milliseconds)
        return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)] if ordered else 0.0


class _Labeler:
    """One person's connection: what they have on screen, and what they wait for."""

    def __init__(self, address: tuple[str, int], who: SignedIn, project: str) -> None:
        self.address, self.who, self.project = address, who, project
        self.host = f"{address[0]}:{address[1]}"
        self.csrf = self._open_page()
        self.connect()
        self.assignment: int | None = None
        self.received = b""
        self.wanted: int | None = None
        self.began = 0.0

    def connect(self) -> None:
        """Open the connection that is kept from request to request."""
        self.socket = socket.create_connection(self.address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _open_page(self) -> str:
        """Open the labeling page, which hands out the token against forged requests."""
        with requests.Session() as session:
            session.trust_env = False
            session.cookies.set("sessionid", self.who.session)
            page = session.get(f"http://{self.host}/projects/{self.project}/label/", timeout=60)
            page.raise_for_status()
            return str(session.cookies["csrftoken"])

    def send(self, *, pause_until: float = 0.0) -> None:
        """Send the answer to what is on screen and ask for the next item in the same request."""
        if self.assignment is None:
            path, body = "next/", b"{}"
        else:
            choice, strength = random.choice("ab"), random.choice(_STRENGTHS)
            path = "judgments/"
            body = (
                f'{{"assignment":{self.assignment},"client_id":"{uuid.uuid4()}","answer":'
                f'{{"choice":"{choice}","strength":"{strength}"}},"seconds":12.5,"holding":[]}}'
            ).encode()
        head = (
            f"POST /api/v1/projects/{self.project}/labeling/{path} HTTP/1.1\r\n"
            f"Host: {self.host}\r\n"
            f"Cookie: csrftoken={self.csrf}; sessionid={self.who.session}\r\n"
            f"X-CSRFToken: {self.csrf}\r\nX-Accord-Person: {self.who.person}\r\n"
            f"Accept: application/json\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.received, self.wanted = b"", None
        self.began = time.perf_counter()
        self.message = head.encode() + body
        self.socket.sendall(self.message)

    def receive(self) -> bool:
        """Read what has come; True once the answer is whole."""
        piece = self.socket.recv(_BUFFER)
        if not piece:
            after = time.perf_counter() - self.began
            self.received = b""
            raise ConnectionError(f"hung up {after:.0f} s after a request")
        self.received += piece
        if self.wanted is None:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return False
            length = _LENGTH.search(self.received, 0, end)
            if length is None:
                raise ConnectionError(f"No length in {self.received[:end]!r}.")
            self.wanted = end + 4 + int(length[1])
        return len(self.received) >= self.wanted

    def take(self, load: Load) -> bool:
        """Read the answer; True where a cycle was completed. Counts what was refused."""
        status = self.received[9:12]
        if status not in (b"200", b"201"):
            end = self.received.find(b"\r\n\r\n")
            said = status.decode() + " " + self.received[end + 4 : end + 300].decode()
            # Requests have names, by which the same refusal would be another one every time.
            said = said.partition(', "request_id"')[0]
            load.refused[said] = load.refused.get(said, 0) + 1
            self.assignment = None
            return False
        was_answer = status == b"201"
        found = _ASSIGNMENT.search(self.received)
        if found is None:
            load.refused["nothing left"] = load.refused.get("nothing left", 0) + 1
            self.assignment = None
            return False
        self.assignment = int(found[1])
        return was_answer


class Crowd:
    """Signed-in labelers of one project, ready to work."""

    def __init__(self, address: str, people: Sequence[SignedIn], project: str) -> None:
        parts = urlsplit(address)
        at = (str(parts.hostname), int(parts.port or 80))
        self.labelers = [_Labeler(at, who, project) for who in people]
        self.selector = selectors.DefaultSelector()

    def _connect(self) -> None:
        """Connect again: between two stretches of work the server may have hung up."""
        for labeler in self.labelers:
            labeler.socket.close()
            labeler.connect()
            self.selector.register(labeler.socket, selectors.EVENT_READ, labeler)

    def work(
        self,
        seconds: float,
        *,
        pause: float = 0.0,
        settle: float = 0.0,
        beside: Callable[[], None] | None = None,
    ) -> Load:
        """Everybody labels for so long, thinking ``pause`` seconds on average between items.

        What happens in the first ``settle`` seconds is not counted; ``beside`` is called between.
        """
        load = Load()
        self._connect()
        began = time.perf_counter()
        counted_from, until = began + settle, began + settle + seconds
        due = [(began + random.random() * max(pause, 0.2), n) for n in range(len(self.labelers))]
        heapq.heapify(due)
        waiting: set[int] = set()
        place = {id(labeler): n for n, labeler in enumerate(self.labelers)}
        while due or waiting:
            now = time.perf_counter()
            while due and due[0][0] <= now:
                _at, n = heapq.heappop(due)
                if now >= until:
                    continue
                self.labelers[n].send()
                waiting.add(n)
            if now >= until and not waiting:
                break
            rest = min(max(min(due[0][0], until) - now, 0), 0.5) if due else 0.5
            for key, _events in self.selector.select(rest):
                labeler = key.data
                try:
                    if not labeler.receive():
                        continue
                except ConnectionError as problem:
                    # As a browser does; the server knows an answer that it has stored.
                    load.refused[str(problem)] = load.refused.get(str(problem), 0) + 1
                    self.selector.unregister(labeler.socket)
                    labeler.connect()
                    self.selector.register(labeler.socket, selectors.EVENT_READ, labeler)
                    labeler.socket.sendall(labeler.message)
                    continue
                ended = time.perf_counter()
                waiting.discard(place[id(labeler)])
                complete = labeler.take(load)
                load.assignments += 1
                if complete and counted_from <= ended <= until:
                    load.milliseconds.append(1000 * (ended - labeler.began))
                # Nobody thinks for a fixed time: from nothing to twice the mean.
                thought = 2 * pause * random.random()
                heapq.heappush(due, (ended + thought, place[id(labeler)]))
            if beside is not None:
                beside()
        load.seconds = seconds
        for labeler in self.labelers:
            self.selector.unregister(labeler.socket)
        return load

    def leave(self) -> None:
        """Close every connection."""
        for labeler in self.labelers:
            labeler.socket.close()
        self.selector.close()


class Slow:
    """Sockets that say nothing, and clients that send one byte a second, for as long as it lasts.

    A client that was shown out comes back at once.
    """

    def __init__(self, address: str, *, idle: int, trickling: int) -> None:
        parts = urlsplit(address)
        self.at = (str(parts.hostname), int(parts.port or 80))
        self.idle = [socket.create_connection(self.at) for _ in range(idle)]
        self.trickling = [socket.create_connection(self.at) for _ in range(trickling)]
        self.sent = [0] * trickling
        self.reopened = 0
        self.next_at = time.perf_counter() + 1
        body = "x" * 5000
        self.text = (
            f"POST /sign-in/ HTTP/1.1\r\nHost: {self.at[0]}:{self.at[1]}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        # Half of them are already in the body, which reaches the application.
        for n in range(0, trickling, 2):
            head = len(self.text) - len(body)
            self.trickling[n].sendall(self.text[:head])
            self.sent[n] = head

    def trickle(self) -> None:
        """One byte from each, once a second however often it is called."""
        if time.perf_counter() < self.next_at:
            return
        self.next_at += 1
        for n, connection in enumerate(self.trickling):
            try:
                connection.sendall(self.text[self.sent[n] : self.sent[n] + 1])
                self.sent[n] += 1
            except OSError:
                connection.close()
                self.trickling[n] = socket.create_connection(self.at)
                self.sent[n] = 0
                self.reopened += 1

    def leave(self) -> None:
        """Hang up."""
        for connection in (*self.idle, *self.trickling):
            connection.close()
