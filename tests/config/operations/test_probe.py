"""The health check of a container, against a real server."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from config.operations import probe


@pytest.fixture
def answering(monkeypatch):
    """A web server on PORT that answers with the status it is given."""

    class Handler(BaseHTTPRequestHandler):
        status = 200

        def do_GET(self):
            self.send_response(self.status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *arguments):
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    monkeypatch.setenv("PORT", str(server.server_port))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Handler
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_says_what_the_server_says(answering):
    assert probe.main(["readyz"]) == 0
    assert probe.main(["healthz"]) == 1
    answering.status = 503
    assert probe.main(["readyz"]) == 1


def test_nobody_there_is_not_well(monkeypatch):
    monkeypatch.setenv("PORT", "1")
    assert probe.main(["healthz"]) == 1


def test_other_words_are_told(capsys):
    assert probe.main([]) == 2
    assert "Say readyz" in capsys.readouterr().err
