"""A mail server for tests: speaks SMTP over a real socket and keeps what it was given."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from email.policy import default


class Server(socketserver.ThreadingTCPServer):
    """Keeps messages; ``answers`` says what it replies to a command instead of yes."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.messages: list[Message] = []
        self.as_sent: list[bytes] = []
        self.recipients: list[str] = []
        # By command: an answer, or "close" to end the line there.
        self.answers: dict[str, str] = {}


class _Conversation(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self.say("220 test")
        for line in iter(self.rfile.readline, b""):
            command = line.decode().strip()
            verb = command.split(" ")[0].upper()
            given = self.server.answers.get(verb)
            if given == "close":
                return
            if given:
                self.say(given)
            elif verb == "DATA":
                self.say("354 go on")
                if not self.take():
                    return
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                if verb == "RCPT":
                    self.server.recipients.append(command.partition("<")[2].partition(">")[0])
                self.say("250 yes")

    def take(self) -> bool:
        lines = []
        for line in iter(self.rfile.readline, b".\r\n"):
            if not line:
                return False
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        # The server has it now; whether it says so is another matter.
        self.server.as_sent.append(b"".join(lines))
        self.server.messages.append(email.message_from_bytes(b"".join(lines), policy=default))
        if self.server.answers.get("END") == "close":
            return False
        self.say(self.server.answers.get("END", "250 kept"))
        return True

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def serving() -> Iterator[Server]:
    """A server that listens until the end of the block."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
