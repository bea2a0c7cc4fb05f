"""The command: what it prints, where, and with which code it ends."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest
from accord.command import deeds
from accord.command.main import main
from accord.command.parsing import as_dict, pair
from accord.command.showing import in_bytes, show_many

from tests.client.answering import answering
from tests.client.conftest import CLIENT

ME = (200, {}, {"username": "ada"})


@pytest.fixture
def at(monkeypatch):
    """Use a prepared server, and never really wait."""

    def use(server):
        monkeypatch.setenv("ACCORD_URL", server.url)
        monkeypatch.setenv("ACCORD_TOKEN", "accord_x")
        real = deeds.Accord
        monkeypatch.setattr(deeds, "Accord", lambda *a: real(*a, sleep=lambda s: None, tries=2))

    return use


def test_signing_in_and_out(monkeypatch, capsys):
    with answering(ME) as server:
        monkeypatch.setattr(sys, "stdin", io.StringIO("accord_typed\n"))
        assert main(["login", server.url, "--token", "-"]) == 0
        assert server.asked[0][2]["Authorization"] == "Bearer accord_typed"
        assert main(["whoami"]) == 0
        assert main(["logout"]) == 0
        assert main(["whoami"]) == 1
    said = capsys.readouterr()
    assert "as ada" in said.out
    assert "accord_typed" not in said.out + said.err
    assert "accord login" in said.err


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((400, {}, {"detail": "No.", "errors": {"name": ["Too long.", {"x": ["y"]}]}}), 1),
        ((401, {}, {"detail": "No."}), 3),
        ((403, {}, {"detail": "No."}), 3),
        ((404, {}, {"detail": "No."}), 4),
        ((503, {}, {"detail": "No."}), 1),
        (None, 5),
    ],
)
def test_exit_codes(at, capsys, answer, code):
    with answering(answer) as server:
        at(server)
        assert main(["projects"]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("accord: ")
    if code == 1 and "errors" in answer[2]:
        assert "  name: Too long. x: y" in said.err


def test_a_wrong_command_line():
    for wrong in ([], ["nonsense"], ["import", "a"], ["export", "a"], ["api", "GET"], ["runs"]):
        with pytest.raises(SystemExit) as ended:
            main(wrong)
        assert ended.value.code == 2


def test_work_that_fails_says_why(at, capsys, tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_text("{}\n")
    made = (202, {}, {"uid": "u", "state": "queued"})
    problem = {"line": 1, "field": "prompt", "problem": "is missing."}
    failed = (200, {}, {"uid": "u", "state": "failed", "error": "Bad.", "problems": [problem]})
    with answering(made, failed) as server:
        at(server)
        assert main(["import", "essays", str(file), "--format", "trl", "--key", "k"]) == 6
        sent = server.asked[0]
    assert sent[2]["Idempotency-Key"] == "k a.jsonl"
    assert b'name="format"\r\n\r\ntrl\r\n' in sent[3]
    assert b'name="make_tasks"\r\n\r\ntrue\r\n' in sent[3]
    assert f"{file}: line 1, prompt: is missing." in capsys.readouterr().err
    assert main(["import", "essays", "nowhere.jsonl", "--format", "trl"]) == 1


def test_any_address(at, capsys, tmp_path):
    body = tmp_path / "body.json"
    body.write_text('{"a": 1}')
    with answering((200, {}, {"results": [{"n": 1}, {"n": 2}], "next": None})) as server:
        at(server)
        assert main(["api", "get", "items/", "--all", "--query", "page_size=2"]) == 0
        assert capsys.readouterr().out == '{"n": 1}\n{"n": 2}\n'
        assert main(["api", "post", "things/", "--data", f"@{body}"]) == 0
        assert main(["api", "patch", "things/", "--data", "{"]) == 1
        assert main(["api", "patch", "things/", "--data", "@nowhere"]) == 1
    assert [(m, p) for m, p, _h, _b in server.asked] == [
        ("GET", "/api/v1/items/?page_size=2"),
        ("POST", "/api/v1/things/"),
    ]
    assert json.loads(server.asked[1][3]) == {"a": 1}


def test_tables_and_lines(capsys):
    rows = [{"slug": "a", "roles": ["admin"], "x": None, "y": True}, {"slug": "länger\nals"}]
    show_many(rows, False, ("slug", "roles", "x", "y"))
    show_many(rows, True, ())
    table, lines = capsys.readouterr().out.split("\n", 3)[:3], None
    assert table[0].split() == ["slug", "roles", "x", "y"]
    assert table[1].split() == ["a", '["admin"]', "-", "yes"]
    assert table[2].startswith("länger als  -")
    assert lines is None


def test_values_on_the_command_line():
    assert pair("a=1") == ("a", 1)
    assert pair("a=x=y") == ("a", "x=y")
    assert pair('a=["b"]') == ("a", ["b"])
    assert as_dict([("a", 1), ("b", "x"), ("a", 2), ("a", 3)]) == {"a": [1, 2, 3], "b": "x"}
    assert [in_bytes(n) for n in (999, 1000, 2_500_000, 3e9)] == [
        *("999 B", "1.0 kB", "2.5 MB", "3.0 GB"),
    ]


def test_it_stands_alone():
    """Without anything but the standard library, from another folder, as `python -m accord`."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _ALONE, str(CLIENT)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Exit codes" in done.stdout


_ALONE = """
import runpy, sys
sys.path.insert(0, sys.argv[1])
sys.argv = ["accord", "--help"]
try:
    runpy.run_module("accord", run_name="__main__")
except SystemExit as ended:
    assert not ended.code
known = {"accord", "__main__", *sys.stdlib_module_names, *sys.builtin_module_names}
others = {name.split(".")[0] for name in sys.modules} - known
assert not {name for name in others if not name.startswith("_")}, others
"""


def test_it_is_written_for_python_3_9():
    import ast

    for path in CLIENT.rglob("*.py"):
        ast.parse(path.read_text(), feature_version=(3, 9))


def test_neither_the_server_nor_the_client_imports_the_other():
    from tests.test_architecture import ORDER, files, imports_of

    of_server = {
        module.split(".")[0] for app in ORDER for path in files(app) for module in imports_of(path)
    }
    assert "accord" not in of_server
    of_client = {
        module.split(".")[0] for path in CLIENT.rglob("*.py") for module in imports_of(path)
    }
    assert of_client & {*ORDER, "bench", "tests", "django"} == set()
