"""A server of prepared answers, to see what the client makes of each."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Prepared:
    """Answers in turn, each ``(status, headers, body)``, the last for ever; ``None`` hangs up."""

    url: str = ""
    answers: list[tuple[int, dict[str, str], Any] | None] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def answering(*answers: tuple[int, dict[str, str], Any] | None) -> Iterator[Prepared]:
    """A server that gives these answers."""
    prepared = Prepared(answers=list(answers))

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            prepared.asked.append((self.command, self.path, dict(self.headers), body))
            answers = prepared.answers
            chosen = answers.pop(0) if len(answers) > 1 else answers[0]
            if chosen is None:
                self.close_connection = True
                return
            status, headers, said = chosen
            data = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(data)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_DELETE = answer

        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    prepared.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield prepared
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
