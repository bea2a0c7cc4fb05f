"""Imports: whole or not at all, once, resumed after a kill, with every bad row named."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg.conninfo import make_conninfo

from annotation import importing, tasking
from annotation.intake import blocks
from annotation.models import ImportBatch, Judgment, Prompt, Task

ROOT = Path(__file__).resolve().parents[2]
HH = ROOT.parent / "shared" / "data" / "hh_rlhf_harmless_test" / "test.jsonl.gz"


def lines(rows) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


def row(number: int) -> dict:
    return {"prompt": f"Question {number}?", "responses": [f"Yes {number}.", f"No {number}."]}


def receive(project, data: bytes, **options) -> ImportBatch:
    defaults = {"file_name": "rows.jsonl", "format": "accord", "created_by": None}
    return importing.receive_file(
        project=project, file=io.BytesIO(data), in_background=False, **defaults | options
    )


def run(batch: ImportBatch) -> ImportBatch:
    return importing.run_import(uid=str(batch.uid))


def test_a_good_file_comes_in_whole(project):
    batch = run(receive(project, lines(row(n) for n in range(5))))
    assert (batch.state, batch.rows_total, batch.rows_done, batch.rows_bad) == ("done", 5, 5, 0)
    assert batch.counts == {"prompts": 5, "responses": 10, "tasks": 5}
    assert Prompt.objects.count() == Task.objects.count() == 5


def test_the_same_file_again_changes_nothing(project):
    data = lines(row(n) for n in range(3))
    run(receive(project, data))
    again = run(receive(project, data))
    assert (again.state, again.counts) == ("done", {})
    assert Task.objects.count() == 3


def test_nothing_is_kept_of_a_file_with_bad_rows(project):
    batch = run(receive(project, lines([row(1), {"prompt": ""}, row(2)]) + b"\n{oops"))
    assert (batch.state, batch.rows_bad) == ("failed", 2)
    assert [p["line"] for p in batch.problems] == [2, 4]
    assert batch.problems[0]["field"] == "prompt"
    assert "2 of 4 rows" in batch.error
    assert not Prompt.objects.exists()


def test_bad_rows_are_skipped_on_request(project):
    data = lines([row(1), {"prompt": ""}, row(2)])
    batch = run(receive(project, data, skip_bad=True))
    assert (batch.state, batch.rows_done, batch.rows_bad) == ("done", 3, 1)
    assert Prompt.objects.count() == 2


def test_an_import_goes_on_where_its_last_transaction_ended(project, monkeypatch):
    monkeypatch.setattr(blocks, "MOST_ROWS", 2)
    batch = receive(project, lines(row(n) for n in range(5)))
    real, calls = tasking.add_laid_out, []

    def fail_at_third(**given):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(**given)

    monkeypatch.setattr(tasking, "add_laid_out", fail_at_third)
    with pytest.raises(KeyboardInterrupt):
        run(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done, Prompt.objects.count()) == ("writing", 4, 4)
    monkeypatch.setattr(tasking, "add_laid_out", real)
    assert run(batch).state == "done"
    assert Prompt.objects.count() == 5


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"format": "word"}, "format"),
        ({"file_name": "rows.docx"}, "must end in"),
        ({"data": b""}, "empty"),
    ],
)
def test_files_that_cannot_be_read_are_refused_at_once(project, options, problem):
    data = options.pop("data", b"{}")
    with pytest.raises(importing.ImportRefused, match=problem):
        receive(project, data, **options)
    assert not ImportBatch.objects.exists()


def test_a_file_over_the_limit_is_refused_and_not_kept(project, settings):
    settings.IMPORT_MAX_BYTES = 10
    folder = settings.ACCORD_HOME / "imports"
    before = set(folder.rglob("*"))
    with pytest.raises(importing.ImportRefused, match="larger"):
        receive(project, b"x" * 11)
    assert set(folder.rglob("*")) == before


def test_a_file_name_never_becomes_a_path(project, settings):
    batch = receive(project, lines([row(1)]), file_name="../../etc/rows.jsonl")
    assert batch.file_name == "rows.jsonl"
    assert Path(batch.path).parent == settings.ACCORD_HOME / "imports" / str(batch.uid)


def test_damaged_gzip_fails_with_a_sentence(project):
    data = gzip.compress(lines(row(n) for n in range(100)))[:-20]
    batch = run(receive(project, data, file_name="rows.jsonl.gz"))
    assert batch.state == "failed"
    assert "damaged or cut short" in batch.error
    assert not Prompt.objects.exists()


def test_the_command_imports_and_names_bad_lines(project, tmp_path, capsys):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines([row(1), {"prompt": 3}]))
    with pytest.raises(CommandError, match="1 of 2 rows"):
        call_command("import_prompts", str(path), project=project.slug)
    assert "line 2: prompt" in capsys.readouterr().err
    call_command("import_prompts", str(path), "--skip-bad", project=project.slug)
    assert "2 rows, 1 bad" in capsys.readouterr().out
    with pytest.raises(CommandError, match="there are: essays"):
        call_command("import_prompts", str(path), project="nowhere")


def judged(item: int, who: str, **fields) -> dict:
    """A flat row: `who` prefers the first of two responses."""
    said = {"prompt": f"Question {item}?", "first": f"Yes {item}.", "second": f"No {item}."}
    return said | {"labeler": who, "said": "first", "at": "2016-01-31T16:59:52Z"} | fields


def test_flat_judgments_come_together_and_are_only_looked_at(project):
    rows = [judged(item, f"w{who}") for item in range(3) for who in range(4)]
    batch = run(receive(project, lines([*rows, rows[0]]), format="judgments"))
    assert batch.counts == {
        **{"prompts": 3, "responses": 6, "tasks": 3},
        **{"judgments": 12, "repeated": 1, "closed": 3},
    }
    assert {task.state for task in Task.objects.all()} == {"closed"}
    again = run(receive(project, lines(rows), format="judgments", ask_people=True))
    assert again.counts == {"repeated": 12, "opened": 3}


def test_an_answer_that_the_kind_cannot_hold_is_a_bad_row(project):
    rows = [judged(1, "w1"), judged(1, "w2", said=None, answer={"good": True})]
    batch = run(receive(project, lines(rows), format="judgments"))
    assert (batch.state, batch.rows_bad) == ("failed", 1)
    assert batch.problems == [
        {
            "line": 2,
            "field": "answer.good",
            "problem": "no such field; known are choice, strength.",
        }
    ]
    assert not Judgment.objects.exists()


def test_the_command_says_whom_to_ask(project, tmp_path, capsys):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines([judged(1, "w1")]))
    said = ["--format", "judgments", "--ask-people", "yes"]
    call_command("import_prompts", str(path), *said, project=project.slug)
    assert Task.objects.get().state == "open"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("format", ["accord", "judgments"])
def test_a_killed_import_is_finished_by_the_next_worker(project, format):
    rows = (
        (row(n) for n in range(12000))
        if format == "accord"
        else (judged(n % 3000, f"w{n // 3000}") for n in range(12000))
    )
    batch = receive(project, lines(rows), format=format)
    code = (
        "import django; django.setup();"
        "from annotation.importing import run_import;"
        f"run_import(uid='{batch.uid}')"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": make_conninfo(
            os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"]
        ),
    }
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment)
    deadline = time.monotonic() + 60
    while ImportBatch.objects.get(pk=batch.pk).rows_done == 0 and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    killed = ImportBatch.objects.get(pk=batch.pk)
    assert 0 < killed.rows_done < 12000
    done = run(batch)
    assert (done.state, done.rows_done) == ("done", 12000)
    items = 12000 if format == "accord" else 3000
    assert done.counts["tasks"] == Task.objects.count() == Prompt.objects.count() == items
    if format == "judgments":
        assert done.counts["judgments"] == Judgment.objects.count() == 12000
        assert "repeated" not in done.counts


@pytest.mark.skipif(not HH.exists(), reason="the public HH-RLHF test file is not here")
def test_all_of_hh_rlhf_comes_in(project):
    with HH.open("rb") as file:
        batch = importing.receive_file(
            project=project,
            file=file,
            file_name="test.jsonl.gz",
            format="hh_rlhf",
            created_by=None,
            in_background=False,
        )
    batch = run(batch)
    assert (batch.state, batch.rows_total, batch.rows_bad) == ("done", 2312, 0)
    assert Task.objects.count() == Judgment.objects.filter(standing="imported").count() == 2312
