"""Fetching without reaching inside: what is asked, and when it is cut off."""

from __future__ import annotations

import http.server
import socket
import socketserver
import threading
from contextlib import contextmanager

import pytest

from labelers.reaching import TooLargeError, UnreachableError, guarded_session


def says(*addresses):
    return lambda host, port: list(addresses)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by path, and notes what was asked."""

    def do_GET(self):
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self.path.startswith("/to/"):
            self.send_response(int(self.path[4:7]))
            self.send_header("Location", self.path[8:])
            self.end_headers()
        elif self.path == "/circle":
            self.send_response(307)
            self.send_header("Location", "/circle")
            self.end_headers()
        elif self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"only this")
        else:
            said = b"x" * 3000 if self.path == "/large" else self.command.encode() + body
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

    do_POST = do_GET

    def log_message(self, *_args):
        pass


@contextmanager
def serving(handler, kind=http.server.ThreadingHTTPServer):
    server = kind(("127.0.0.1", 0), handler)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server, server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def here(monkeypatch):
    monkeypatch.setenv("ACCORD_REACHABLE", "here.example,also.example")
    with serving(Handler) as (server, port):
        yield server, port


def session(**limits):
    return guarded_session(resolve=says("127.0.0.1"), **limits)


def test_a_session_asks_the_checked_address_under_its_name(here):
    server, port = here
    reply = session().request("POST", f"http://here.example:{port}/ä?b=c", body=b" hello")
    assert (reply.status, reply.body, reply.truncated) == (200, b"POST hello", False)
    [(_method, path, headers)] = server.asked
    assert path == "/%C3%A4?b=c"
    assert headers["Host"] == f"here.example:{port}"
    assert headers["Accept-Encoding"] == "identity"


def test_a_name_is_resolved_once_so_it_cannot_change_its_mind(here, monkeypatch):
    server, port = here
    answers = iter(["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", _numbers_only(socket.getaddrinfo))
    asks = guarded_session(resolve=lambda host, at: [next(answers)])
    assert asks.request("GET", f"http://here.example:{port}/").status == 200
    assert len(server.asked) == 1
    assert next(answers, None) is None


def _numbers_only(real):
    def resolve(host, *args, **kwargs):
        assert host == "127.0.0.1", "a name was resolved a second time"
        return real(host, *args, **kwargs)

    return resolve


def test_proxies_of_the_environment_are_not_used(here, monkeypatch):
    server, port = here
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert session().request("GET", f"http://here.example:{port}/").status == 200
    assert server.asked


class TestRedirects:
    """Each hop is a new address; none is followed unasked."""

    def test_off_unless_asked_for(self, here):
        _server, port = here
        reply = session().request("GET", f"http://here.example:{port}/to/302//x")
        assert reply.status == 302

    def test_each_hop_is_checked(self, here):
        server, port = here
        inside = f"http://inside.example:{port}/"
        with pytest.raises(UnreachableError, match=r"inside\.example is an address inside"):
            session(redirects=3).request("GET", f"http://here.example:{port}/to/302/{inside}")
        assert len(server.asked) == 1
        with pytest.raises(UnreachableError, match="https://"):
            session(redirects=3).request(
                "GET", f"http://here.example:{port}/to/302/file:///etc/passwd"
            )

    def test_followed_within_the_limit_without_credentials_for_others(self, here):
        server, port = here
        reply = session(redirects=2).request(
            "POST",
            f"http://here.example:{port}/to/303/http://also.example:{port}/end",
            headers={"Authorization": "Bearer x", "X-Kept": "1"},
            body=b"body",
        )
        assert reply.body == b"GET"
        assert reply.url == f"http://also.example:{port}/end"
        assert "Authorization" not in server.asked[1][2]
        assert server.asked[1][2]["X-Kept"] == "1"

    def test_a_circle_ends(self, here):
        server, port = here
        with pytest.raises(UnreachableError, match="too often"):
            session(redirects=2).request("GET", f"http://here.example:{port}/circle")
        assert len(server.asked) == 3


def test_too_much_is_refused_or_cut(here):
    _server, port = here
    url = f"http://here.example:{port}/large"
    with pytest.raises(TooLargeError, match="more than 1000 bytes"):
        session(max_bytes=1000).request("GET", url)
    reply = session(max_bytes=1000).request("GET", url, truncate=True)
    assert (len(reply.body), reply.truncated) == (1000, True)
    assert len(session(max_bytes=3000).request("GET", url).body) == 3000


def test_an_answer_that_breaks_off_is_not_taken_for_whole(here):
    _server, port = here
    with pytest.raises(UnreachableError, match="broke off"):
        session().request("GET", f"http://here.example:{port}/short")


@pytest.mark.parametrize("slow", ["head", "body", "silent"])
def test_a_slow_host_is_cut_off_though_bytes_keep_coming(slow, monkeypatch):
    monkeypatch.setenv("ACCORD_REACHABLE", "here.example")

    # Bytes come until the end of the test, so that nothing but the cut ends the request.
    over = threading.Event()

    class Dripping(socketserver.BaseRequestHandler):
        def handle(self):
            try:
                self.request.recv(1000)
                if slow == "body":
                    self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                for _ in range(1000):
                    if over.wait(0.02):
                        return
                    if slow != "silent":
                        self.request.sendall(b"H")
            except OSError:
                pass

    with serving(Dripping, socketserver.ThreadingTCPServer) as (_server, port):
        try:
            with pytest.raises(UnreachableError, match="in time"):
                session(seconds=0.3).request("GET", f"http://here.example:{port}/")
        finally:
            over.set()


def test_nobody_there_and_no_certificate(here):
    _server, port = here
    with pytest.raises(UnreachableError, match=r"certificate of here\.example"):
        session().request("GET", f"https://here.example:{port}/")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(UnreachableError, match="cannot be reached"):
            session().request("GET", f"http://here.example:{taken.getsockname()[1]}/")
