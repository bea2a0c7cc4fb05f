"""Data sets by id: what is asked of a hub, which files are taken, and what is said when it fails.

The hub here is a small server on this machine that speaks the few addresses that are asked.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from annotation import importing
from annotation.intake import fetching
from annotation.models import Prompt

SHA = "0123456789abcdef0123456789abcdef01234567"


class Hub(BaseHTTPRequestHandler):
    """The addresses of a hub that its library asks for one data set."""

    files: dict[str, bytes] = {}

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/api/datasets/team/pairs"):
            siblings = [{"rfilename": n, "size": len(d)} for n, d in self.files.items()]
            self.give(json.dumps({"id": "team/pairs", "sha": SHA, "siblings": siblings}).encode())
        elif path.startswith(f"/datasets/team/pairs/resolve/{SHA}/"):
            self.give(self.files[path.split(f"{SHA}/")[1]])
        elif path.startswith("/api/datasets/team/closed"):
            self.give(b"{}", 403, {"X-Error-Code": "GatedRepo"})
        else:
            self.give(b'{"error": "Repository not found"}', 404, {"X-Error-Code": "RepoNotFound"})

    def give(self, data: bytes, status: int = 200, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        headers = {"X-Repo-Commit": SHA, "ETag": f'"{hash(data)}"'} | (more or {})
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *_said: object) -> None:
        """Quiet."""


def parquet(rows: list[dict]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue().to_pybytes()


@pytest.fixture
def hub(settings):
    rows = [{"prompt": f"Why {n}?", "chosen": "Because.", "rejected": "No."} for n in range(5)]
    Hub.files = {
        "README.md": b"# pairs",
        "data/train-00000-of-00002.parquet": parquet(rows[:3]),
        "data/train-00001-of-00002.parquet": parquet(rows[3:]),
        "data/test-00000-of-00001.parquet": parquet(rows[:1]),
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.HUB_ENDPOINT = f"http://127.0.0.1:{server.server_port}"
    yield
    server.shutdown()
    server.server_close()


def fetched(project, dataset="team/pairs", **options):
    batch = importing.receive_dataset(
        project=project,
        dataset=dataset,
        created_by=None,
        in_background=False,
        **{"format": "guess"} | options,
    )
    return importing.run_import(uid=str(batch.uid))


def test_a_set_is_fetched_at_its_commit_and_read(project, hub):
    batch = fetched(project)
    assert (batch.state, batch.error, batch.format) == ("done", "", "trl")
    assert (batch.rows_total, Prompt.objects.count()) == (5, 5)
    assert batch.origin == f"dataset=team/pairs revision={SHA}"
    assert fetched(project, split="test").rows_total == 1


@pytest.mark.parametrize(
    ("dataset", "options", "said"),
    [
        ("team/nothing", {}, "has no data set 'team/nothing'"),
        ("team/closed", {}, "only to those who were let in"),
        ("team/pairs", {"split": "holdout"}, "no file of that configuration and split"),
    ],
)
def test_what_the_hub_does_not_give_is_said(project, hub, dataset, options, said):
    batch = fetched(project, dataset, **options)
    assert batch.state == "failed"
    assert said in batch.error


def test_a_hub_that_does_not_answer_is_said(project, settings):
    settings.HUB_ENDPOINT = "http://127.0.0.1:9"
    batch = fetched(project)
    assert (batch.state, "could not be reached" in batch.error) == ("failed", True)


@pytest.mark.parametrize(
    "parts",
    [
        {"dataset": "http://169.254.169.254/latest"},
        {"dataset": "../../etc"},
        {"dataset": "a/b/c"},
        {"dataset": "team/pairs", "split": "train ing"},
        {"dataset": "team/pairs", "revision": "../x"},
    ],
)
def test_an_id_is_no_address(project, parts):
    with pytest.raises(importing.ImportRefused):
        fetched(project, **parts)


@pytest.mark.parametrize(
    ("names", "config", "split", "chosen"),
    [
        (["a/train.jsonl", "b/train.jsonl"], "b", "", ["b/train.jsonl"]),
        (["train.jsonl", "test.jsonl"], "", "", ["train.jsonl"]),
        (["train.jsonl", "test.jsonl"], "", "test", ["test.jsonl"]),
        (["one.jsonl", "two.jsonl"], "", "", ["one.jsonl", "two.jsonl"]),
        (["data/train.csv", "data/train-0.parquet"], "", "", ["data/train-0.parquet"]),
    ],
)
def test_files_of_a_split_are_chosen(names, config, split, chosen):
    files = [(name, 1) for name in names]
    assert [name for name, _size in fetching.chosen_files(files, config, split)] == chosen
