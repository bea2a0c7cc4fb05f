"""Sending snapshots elsewhere: to folders, and to a hub that a local server plays.

The server answers the endpoints that huggingface_hub asks for a small data set: making the
repository, saying how files are to be sent, and the commit with the files in it.
"""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from exports import pushing
from exports.dataset_dir import read_manifest
from exports.models import Push
from exports.push_targets import PlaceError, check_place
from labelers.models import AuditEvent
from tests.annotation.making import A_IS_BETTER

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "hf_abcdefSECRET"


@pytest.fixture
def frozen(project, label, freeze):
    label(project, [A_IS_BETTER, A_IS_BETTER])
    return freeze(project)


def pushed(snapshot, url, **named):
    push = pushing.request_push(snapshot=snapshot, asked_by=None, url=url, **named)
    return pushing.run_push(push_uid=push.uid)


def test_the_whole_folder(frozen, tmp_path, monkeypatch):
    monkeypatch.setenv("ACCORD_PUSH_FOLDERS", str(tmp_path))
    push = pushed(frozen, f"file://{tmp_path}/here/now")
    assert push.state == "done", push.error
    for name in [*read_manifest(frozen.path)["files"], "manifest.json"]:
        assert (tmp_path / "here/now" / name).read_bytes() == (frozen.path / name).read_bytes()
    assert push.files_done == push.files_total == len(push.log) - 1
    assert push.bytes_done == push.bytes_total > 0
    assert pushing.run_push(push_uid=push.uid).attempts == 1


def test_below_allowed_folders_only(frozen, tmp_path, monkeypatch):
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "link").symlink_to(tmp_path)
    monkeypatch.setenv("ACCORD_PUSH_FOLDERS", str(allowed))
    push = pushed(frozen, f"file://{allowed}/out", format="hh_rlhf")
    assert push.state == "done", push.error
    (file,) = (allowed / "out").iterdir()
    assert len(file.read_text().splitlines()) == 2
    for url in (f"file://{tmp_path}/out", f"file://{allowed}/link/x"):
        with pytest.raises(ValidationError, match="only be written below"):
            pushing.request_push(snapshot=frozen, asked_by=None, url=url)


def test_no_place_means_another_to_whoever_writes_there(frozen, tmp_path, monkeypatch):
    allowed = tmp_path / "allowed"
    monkeypatch.setenv("ACCORD_PUSH_FOLDERS", str(allowed))
    monkeypatch.chdir(tmp_path)
    for path in (
        f"//{allowed}/../x",
        # Read as the allowed folder, written below /etc.
        f"//{tmp_path}/etc/%2e%2e/allowed/x",
        f"//{allowed}/x::file://{tmp_path}/etc",
        f"//{allowed}/x\\..\\y",
        "allowed/x",
        "~/x",
        "//~/x",
    ):
        with pytest.raises(ValidationError, match=r"Give an address|only be written below"):
            pushing.request_push(snapshot=frozen, asked_by=None, url=f"file:{path}")
    assert list(tmp_path.iterdir()) == []


def test_the_keys_of_the_server_open_named_places_only(monkeypatch):
    monkeypatch.setenv("ACCORD_PUSH_BUCKETS", "s3://team/accord, gs://other")
    for url in ("s3://team/accordion/x", "s3://team/", "s3://else/accord/x", "gs://team/accord"):
        with pytest.raises(PlaceError, match="s3://team/accord, gs://other"):
            check_place(url)
    # Here, for want of the library.
    with pytest.raises(PlaceError, match="no library"):
        check_place("s3://team/accord/x")


@pytest.mark.parametrize(
    "url",
    [
        *("", "nowhere", "http://example.org/x", "ftp://example.org/x", "hf://models/a/b"),
        *("hf://datasets/a", "hf://datasets/a/../b", "s3://key:secret@bucket/x", "memory://"),
    ],
)
def test_other_places_are_refused(frozen, url):
    with pytest.raises(ValidationError) as refused:
        pushing.request_push(snapshot=frozen, asked_by=None, url=url)
    assert set(refused.value.message_dict) == {"url"}


def test_a_hub_inside_the_network_is_refused(frozen, monkeypatch):
    monkeypatch.setenv("ACCORD_HUB", "http://127.0.0.1:9")
    with pytest.raises(ValidationError, match="ACCORD_REACHABLE"):
        pushing.request_push(snapshot=frozen, asked_by=None, url="hf://datasets/a/b")


class Hub(BaseHTTPRequestHandler):
    """What of a hub is asked."""

    def do_POST(self):
        body = self.body()
        asked = self.server.asked
        asked.append((self.path, self.headers["Authorization"]))
        if self.headers["Authorization"] != f"Bearer {SECRET}":
            self.answer({"error": f"Invalid token {self.headers['Authorization']}"}, 401)
        elif self.path == "/api/repos/create":
            self.answer({"url": "https://huggingface.co/datasets/team/set", "id": "team/set"})
        elif self.path == "/api/validate-yaml":
            self.answer({"warnings": [], "errors": []})
        elif "/preupload/" in self.path:
            files = json.loads(body)["files"]
            told = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files
            ]
            self.answer({"files": told})
        else:
            for line in body.splitlines():
                row = json.loads(line)
                if row["key"] == "file":
                    self.server.files[row["value"]["path"]] = base64.b64decode(
                        row["value"]["content"]
                    )
            url = "https://huggingface.co/datasets/team/set/commit/" + "0" * 40
            self.answer({"commitUrl": url, "commitOid": "0" * 40, "success": True})

    def body(self):
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def answer(self, content, status=200):
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *given):
        pass


@pytest.fixture
def hub(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.files, server.asked = {}, []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("ACCORD_HUB", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("ACCORD_REACHABLE", "127.0.0.1")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_to_a_hub(frozen, hub, caplog):
    asked = pushing.request_push(
        snapshot=frozen, asked_by=None, url="hf://datasets/team/set", credential=SECRET
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT push::text FROM exports_push push")
        assert SECRET not in cursor.fetchone()[0]
    push = pushing.run_push(push_uid=asked.uid)
    assert push.state == "done", push.error
    assert bytes(push.sealed) == b""
    names = {*read_manifest(frozen.path)["files"], "manifest.json"}
    assert set(hub.files) == names
    assert hub.files["README.md"] == (frozen.path / "README.md").read_bytes()
    assert SECRET not in caplog.text
    assert not AuditEvent.objects.filter(detail__icontains=SECRET).exists()


def test_a_wrong_token_is_told_and_never_written_down(frozen, hub):
    push = pushed(frozen, "hf://datasets/team/set", credential="hf_wrong")
    assert push.state == "failed"
    assert "401" in push.error
    assert "hf_wrong" not in push.error + json.dumps(push.log)
    assert bytes(Push.objects.get().sealed) == b""
