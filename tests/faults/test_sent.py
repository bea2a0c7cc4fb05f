"""Hostile and broken requests against a real server: refused with a sentence, at once, for good.

Sizes, encodings, bombs and clients that never finish, over real sockets. Afterwards the server
works as before and nothing of them is kept.
"""

from __future__ import annotations

import gzip
import io
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

from bench.fault_site import Site, import_state, wait_for

JSON = "application/json"


@contextmanager
def connected(site: Site) -> Iterator[socket.socket]:
    parts = urlsplit(site.admin.address)
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), 20) as made:
        yield made


def raw(
    site: Site, method: str, path: str, body: bytes, **headers: str
) -> tuple[int, bytes, float]:
    """Status, answer and seconds of a request whose headers may lie."""
    cookies = "; ".join(f"{c.name}={c.value}" for c in site.admin.session.cookies)
    given = {
        "Host": urlsplit(site.admin.address).netloc,
        "Cookie": cookies,
        "X-CSRFToken": site.admin.session.cookies.get("csrftoken") or "",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    began = time.monotonic()
    with connected(site) as made:
        made.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        answer = b""
        while b"\r\n" not in answer:
            piece = made.recv(65536)
            if not piece:
                break
            answer += piece
    words = answer.split(b"\r\n", 1)[0].split()
    return int(words[1]) if len(words) > 1 else 0, answer, time.monotonic() - began


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/v1/projects/", JSON),
        ("/api/v1/projects/faults/imports/", "multipart/form-data; boundary=x"),
        ("/sign-in/", "application/x-www-form-urlencoded"),
    ],
)
def test_too_much_is_refused_before_it_comes(site: Site, path: str, kind: str):
    status, _, seconds = raw(
        site, "POST", path, b"x", Content_Type=kind, Content_Length=str(10**12)
    )
    assert status == 413
    assert seconds < 10


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{\x00}\x00",
        b'{"name": "\xff"}',
        b'{"name": "\\ud800", "kind": "pairwise"}',
        b'{"name": "nul \\u0000", "kind": "pairwise"}',
        b"[" * 100_000,
        b'{"overlap": 1e999, "name": "n", "kind": "pairwise"}',
        b'{"overlap": ' + b"9" * 5000 + b', "name": "n", "kind": "pairwise"}',
        b'"text"',
        gzip.compress(b'{"name": "packed"}'),
    ],
    ids=range(11),
)
def test_what_is_no_json_is_the_senders_fault(site: Site, body: bytes):
    before = site.rows("SELECT count(*) FROM labelers_project")
    status, answer, _ = raw(site, "POST", "/api/v1/projects/", body, Content_Type=JSON)
    assert 400 <= status < 500, answer[-500:]
    assert b"application/problem+json" in answer
    assert site.rows("SELECT count(*) FROM labelers_project") == before


@pytest.mark.parametrize(
    "path", ["/%ff%fe/", "/api/v1/projects/%00/", "/?q=%ff", "/api/v1/%ED%A0%80/"]
)
def test_addresses_in_no_encoding(site: Site, path: str):
    status, answer, _ = raw(site, "GET", path, b"")
    assert status < 500, answer[-500:]


def upload(site: Site, name: str, content: bytes) -> tuple[int, dict[str, str]]:
    answer = site.admin.session.post(
        f"{site.admin.address}/api/v1/projects/{site.slug}/imports/",
        data={"format": "accord"},
        files={"file": (name, io.BytesIO(content))},
        headers={"X-CSRFToken": site.admin.session.cookies.get("csrftoken") or ""},
        timeout=60,
    )
    return answer.status_code, answer.json()


def bomb() -> bytes:
    """Half a gigabyte of one line in half a megabyte."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6) as file:
        file.write(b'{"prompt": "')
        for _ in range(512):
            file.write(b"a" * 2**20)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("utf16.jsonl", json.dumps({"prompt": "hello"}).encode("utf-16")),
        ("latin.jsonl", '{"prompt": "caf\u00e9"}\n'.encode("latin-1")),
        ("broken.jsonl.gz", gzip.compress(b'{"prompt": "x"}\n' * 1000)[:-20]),
        ("no.parquet", b"PAR1" + b"\0" * 100 + b"PAR1"),
        ("bomb.jsonl.gz", bomb()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_broken_file_is_refused_and_leaves_no_rows(site: Site, name: str, content: bytes):
    before = site.rows("SELECT count(*) FROM annotation_prompt")
    status, made = upload(site, name, content)
    if status < 300:
        uid = made["uid"]
        wait_for(lambda: import_state(site.admin, site.slug, uid) in ("done", "failed"), 60)
        found = site.admin.get(f"projects/{site.slug}/imports/{uid}/")
        assert found["state"] == "failed", found
        assert found["error"]
    else:
        assert 400 <= status < 500, made
    assert site.rows("SELECT count(*) FROM annotation_prompt") == before
    assert site.is_ready()


def test_clients_that_never_finish_hold_up_nobody(site: Site):
    with ExitStack() as open_ones:
        for _ in range(60):
            slow = open_ones.enter_context(connected(site))
            slow.sendall(b"POST /api/v1/projects/ HTTP/1.1\r\nHost: localhost\r\nContent-Le")
        for _ in range(20):
            slow = open_ones.enter_context(connected(site))
            slow.sendall(
                b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nuser"
            )
        began = time.monotonic()
        answer = site.admin.session.get(f"{site.admin.address}/", timeout=20)
        assert answer.status_code == 200
        assert time.monotonic() - began < 10
