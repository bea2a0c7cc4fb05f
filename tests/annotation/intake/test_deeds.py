"""Imports previewed, held, ended and taken up again; personal data; full disks; two at once."""

from __future__ import annotations

import errno
import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from annotation import importing, tasking
from annotation.intake import blocks, previewing, spool
from annotation.intake.hands import blocks_apart
from annotation.intake.rows import Maker, Reading
from annotation.models import ImportBatch, Prompt, Task
from annotation.task_kinds.catalog import TASK_KINDS
from labelers.models import AuditEvent
from tests.annotation.test_importing import lines, receive, row, run
from tests.at_once import at_once

PRIVATE = {"prompt": "I am jane@accord-mail.org", "responses": ["Call 090-1234-5678.", "Hello."]}


def state(batch: ImportBatch) -> str:
    return ImportBatch.objects.get(pk=batch.pk).state


def test_a_preview_stores_nothing_until_it_is_confirmed(project):
    run(receive(project, lines([row(0)])))
    batch = run(
        receive(project, lines([*(row(n) for n in range(4)), {"prompt": ""}]), previews=True)
    )
    assert (batch.state, batch.rows_bad, Prompt.objects.count()) == ("preview", 1, 1)
    found = previewing.summary(batch)
    assert found["news"] == {
        **{"prompts_new": 3, "prompts_known": 1},
        **{"tasks_new": 3, "tasks_known": 1},
    }
    assert [(r["line"], r["field"], r["count"]) for r in found["left_out"]] == [(5, "prompt", 1)]
    (first, *_others) = previewing.items(batch)
    assert first["prompt"][0]["text"] == "Question 0?"
    assert len(first["responses"]) == 2
    with pytest.raises(importing.ImportRefused, match="1 of 5 rows are bad"):
        importing.confirm(batch=batch, confirmed_by=None)
    importing.confirm(batch=batch, confirmed_by=None, skip_bad=True)
    assert run(batch).state == "done"
    assert Prompt.objects.count() == 4


def test_a_preview_is_read_in_another_way(project):
    rows = [{"question": "Why?", "answer1": "a", "answer2": "b"}]
    batch = run(receive(project, lines(rows), format="guess", previews=True))
    assert (batch.format, batch.columns["prompt"]) == ("table", "question")
    importing.preview_again(
        batch=batch,
        changed_by=None,
        format="table",
        columns={"prompt": "answer1", "response_1": "question", "response_2": "answer2"},
        personal="tag",
    )
    (item,) = previewing.items(run(batch))
    assert item["prompt"][0]["text"] == "a"
    with pytest.raises(importing.ImportRefused, match="no field of trl"):
        importing.preview_again(
            batch=batch, changed_by=None, format="trl", columns={"x": "y"}, personal="keep"
        )


def test_an_import_is_paused_and_goes_on(project, monkeypatch):
    monkeypatch.setattr(blocks, "MOST_ROWS", 2)
    batch = receive(project, lines(row(n) for n in range(6)))

    def hold(running: ImportBatch) -> None:
        if running.rows_done == 2 and state(batch) == "writing":
            importing.pause(batch=ImportBatch.objects.get(pk=batch.pk), paused_by=None)

    held = importing.run_import(uid=str(batch.uid), on_progress=hold)
    assert (held.state, held.rows_done, Prompt.objects.count()) == ("paused", 2, 2)
    assert run(batch).state == "paused"
    importing.resume(batch=held, resumed_by=None, in_background=False)
    done = run(batch)
    assert (done.state, done.rows_done, done.counts["tasks"]) == ("done", 6, 6)
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"import.paused", "import.resumed", "import.done"} <= actions


def test_a_cancelled_import_keeps_what_it_stored_and_loses_its_file(project, monkeypatch):
    monkeypatch.setattr(blocks, "MOST_ROWS", 2)
    batch = receive(project, lines(row(n) for n in range(6)))

    def end(running: ImportBatch) -> None:
        if running.rows_done == 4 and state(batch) == "writing":
            importing.cancel(batch=ImportBatch.objects.get(pk=batch.pk), cancelled_by=None)

    ended = importing.run_import(uid=str(batch.uid), on_progress=end)
    assert (ended.state, Prompt.objects.count()) == ("cancelled", 4)
    assert not Path(batch.path).exists()
    for deed in (importing.pause, importing.resume):
        who = {"pause": "paused_by", "resume": "resumed_by"}[deed.__name__]
        with pytest.raises(importing.ImportRefused, match="is cancelled"):
            deed(batch=ended, **{who: None})


def test_a_pause_in_the_check_ends_it(project, monkeypatch):
    monkeypatch.setattr(blocks, "MOST_ROWS", 1)
    monkeypatch.setattr("annotation.intake.checking.PROGRESS_EVERY", -1)
    batch = receive(project, lines(row(n) for n in range(4)))

    def hold(running: ImportBatch) -> None:
        if state(batch) == "checking":
            importing.pause(batch=ImportBatch.objects.get(pk=batch.pk), paused_by=None)

    assert importing.run_import(uid=str(batch.uid), on_progress=hold).state == "paused"
    importing.resume(
        batch=ImportBatch.objects.get(pk=batch.pk), resumed_by=None, in_background=False
    )
    assert run(batch).state == "done"


def test_rows_are_planned_anew_when_the_project_asks_otherwise(project, monkeypatch):
    batch = receive(project, lines([row(1)]))
    monkeypatch.setattr("annotation.intake.writing.write", lambda batch, tell: None)
    assert run(batch).state == "writing"
    monkeypatch.undo()
    project.settings.kind_options = {"criteria": ["helpful", "harmless"]}
    project.settings.save()
    assert run(batch).counts["tasks"] == 2


@pytest.mark.parametrize("where", ["check", "write"])
def test_a_full_disk_says_so_and_goes_on_when_there_is_room(project, monkeypatch, where):
    batch = receive(project, lines([row(1)]))

    def full(*_given, **_named):
        raise OSError(errno.ENOSPC, "No space left on device")

    if where == "check":
        monkeypatch.setattr(spool.Spool, "add", full)
    else:
        monkeypatch.setattr(tasking, "add_laid_out", full)
    held = run(batch)
    assert "The disk is full" in held.error
    assert held.state == {"check": "checking", "write": "writing"}[where]
    monkeypatch.undo()
    done = run(batch)
    assert (done.state, done.error, Task.objects.count()) == ("done", "", 1)


def test_what_nobody_works_on_is_put_into_the_queue_again(project, monkeypatch, settings):
    batch = receive(project, lines([row(1)]))
    queued = []
    monkeypatch.setattr(importing, "enqueue", queued.append)
    assert importing.resume_stranded() == 0
    ImportBatch.objects.update(created_at="2026-01-01T00:00:00Z")
    assert importing.resume_stranded() == 1
    assert queued == [batch]
    with importing.batches.held(batch.uid):
        assert importing.resume_stranded() == 0


@pytest.mark.parametrize(
    ("treatment", "prompt", "tags"),
    [
        ("keep", "I am jane@accord-mail.org", []),
        ("tag", "I am jane@accord-mail.org", ["personal-data"]),
        ("cover", "I am [email]", []),
        ("drop", None, []),
    ],
)
def test_personal_data_is_found_and_treated_as_asked(project, treatment, prompt, tags):
    batch = run(receive(project, lines([PRIVATE, row(1)]), personal=treatment))
    assert (batch.state, batch.findings["personal_rows"]) == ("done", 1)
    found = previewing.summary(batch)["personal"]
    assert [(one["kind"], one["line"], one["count"]) for one in found] == [
        ("email", 1, 1),
        ("phone", 1, 1),
    ]
    assert "jane" not in json.dumps(batch.findings)
    kept = Prompt.objects.exclude(messages__0__content="Question 1?").first()
    assert (kept and kept.messages[0]["content"]) == prompt
    assert (kept.tags if kept else []) == tags


def test_helping_processes_make_the_same_blocks():
    options = TASK_KINDS["pairwise"].clean_options({})
    reading = Reading("accord", "file", "pairwise", options)
    data = [lines(row(n) for n in range(at, at + 50)) + b"\n{bad\n" for at in range(0, 300, 50)]
    chunks = [(1 + 51 * at, some) for at, some in enumerate(data)]
    apart = list(blocks_apart(reading, iter(chunks)))
    here = [Maker(reading).block_of_lines(*chunk) for chunk in chunks]
    assert [block.laid for block in apart] == [block.laid for block in here]
    assert [block.refused for block in apart] == [block.refused for block in here]
    assert apart[1].refused[0][0] == 102
    assert [b.findings.said() for b in apart] == [b.findings.said() for b in here]


def test_refused_rows_are_kept_as_they_stood(project):
    batch = run(receive(project, lines([row(1)]) + b'\n{"prompt": 3}\n{oops', skip_bad=True))
    path = previewing.has_refused(batch)
    refused = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(one["line"], one["field"], one["row"]) for one in refused] == [
        (2, "prompt", '{"prompt": 3}'),
        (3, "", "{oops"),
    ]


def test_reasons_are_counted_whatever_their_numbers(project):
    bad = [{"prompt": "a", "responses": ["b"] * n} for n in (10, 11, 12)]
    batch = run(receive(project, lines([*bad, row(1)]), previews=True))
    (reason,) = previewing.summary(batch)["left_out"]
    assert (reason["count"], reason["line"]) == (3, 1)


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_store_every_row_once(project, monkeypatch):
    monkeypatch.setattr(blocks, "MOST_ROWS", 50)
    data = lines(row(n) for n in range(300))
    batches = [receive(project, data) for _ in range(2)]
    assert at_once(*(lambda batch=batch: run(batch) for batch in batches)) == []
    done = [ImportBatch.objects.get(pk=batch.pk) for batch in batches]
    assert {batch.state for batch in done} == {"done"}
    assert sum(batch.counts.get("tasks", 0) for batch in done) == Task.objects.count() == 300


@pytest.mark.django_db(transaction=True)
def test_one_import_by_two_workers_is_run_once(project, monkeypatch):
    monkeypatch.setattr(blocks, "MOST_ROWS", 20)
    batch = receive(project, lines(row(n) for n in range(200)))
    assert at_once(*[lambda: run(batch)] * 3) == []
    done = ImportBatch.objects.get(pk=batch.pk)
    assert (done.state, done.rows_done, done.counts["tasks"]) == ("done", 200, 200)


def test_the_command_previews_and_stores_nothing(project, tmp_path, capsys):
    path = tmp_path / "rows.csv"
    path.write_text("question,answer1,answer2\nWhy? jane@accord-mail.org,a,b\n")
    call_command("import_prompts", str(path), "--preview", "--format=guess", project=project.slug)
    said = capsys.readouterr().out
    for part in ("(A) ", "prompts_new: 1", "1 email", "prompt=question", "format table"):
        assert part in said
    assert not Prompt.objects.exists()
    column = ["--format", "table", "--column", "prompt=answer1"]
    call_command("import_prompts", str(path), *column, project=project.slug)
    assert Prompt.objects.get().messages[0]["content"] == "a"


def test_the_command_holds_and_ends_imports(project, capsys):
    batch = receive(project, lines([row(1)]))
    call_command("import_prompts", f"--pause={batch.uid}", project=project.slug)
    assert state(batch) == "paused"
    call_command("import_prompts", f"--resume={batch.uid}", project=project.slug)
    assert state(batch) == "done"
    assert "1 tasks" in capsys.readouterr().out


def test_a_file_may_be_empty_of_rows_or_named_wrongly(project):
    assert run(receive(project, b"\n\n", format="guess")).error == "The file has no rows."
    with pytest.raises(importing.ImportRefused, match="personal"):
        receive(project, b"{}", personal="burn")
    assert io.BytesIO(b"").read() == b""
