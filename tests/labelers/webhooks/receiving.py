"""A receiver of webhooks on this machine, for tests: it keeps what came and answers as told."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Receiver:
    """``answers`` by path: a status, or seconds to stay silent; 200 where nothing is said.

    Those at ``held`` paths get no answer before ``released`` is set.
    """

    url: str = ""
    answers: dict[str, float] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[str, dict, bytes]] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    released: threading.Event = field(default_factory=threading.Event)
    at_work: int = 0
    most_at_work: int = 0

    def bodies(self, path: str = "/") -> list[dict]:
        return [json.loads(body) for at, _headers, body in self.got if at == path]

    def events(self, path: str = "/") -> list[str]:
        """The ids of all events told at a path, in the order that they came."""
        return [event["id"] for body in self.bodies(path) for event in body["events"]]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver, and its end."""
    receiver = Receiver()
    lock = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                receiver.at_work += 1
                receiver.most_at_work = max(receiver.most_at_work, receiver.at_work)
                receiver.got.append((self.path, dict(self.headers), body))
            if self.path in receiver.held:
                receiver.released.wait(60)
            answer = receiver.answers.get(self.path, 200)
            if answer < 100:
                time.sleep(answer)
                answer = 200
            with lock:
                receiver.at_work -= 1
            self.send_response(int(answer))
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"said \0 by the receiver " + b"x" * 5000)

        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # A sender may have gone before its answer.
    server.handle_error = lambda *_args: None
    receiver.url = f"http://receiver.example:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
