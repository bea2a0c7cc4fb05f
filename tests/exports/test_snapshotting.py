"""Snapshots from real rows: frozen, whole or absent, the same bytes, back after kill -9."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from annotation.gold import keeping_gold
from annotation.models import Judgment
from exports import dataset_dir, durable_tables, parts, snapshotting
from exports.collecting import Reading
from exports.dataset_dir import read_in_task_order, read_manifest, verify
from exports.filters import Filters
from exports.models import Snapshot
from labelers.models import AuditEvent
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, TIE

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]


def test_a_snapshot_holds_the_labels(project, label, freeze):
    label(project, [A_IS_BETTER, B_IS_BETTER, TIE], [A_IS_BETTER, B_IS_BETTER, TIE])
    snapshot = freeze(project)
    assert snapshot.state == "done", snapshot.error
    assert verify(snapshot.path) == []
    assert snapshot.counts["records"] == {"preference": 2}
    assert snapshot.counts["tasks"] == 3
    assert snapshot.counts["used"] == 2
    assert snapshot.counts["judgments"] == 4
    assert snapshot.counts["labelers"] == 2
    assert snapshot.counts["strengths"] == {"better": 1, "slightly": 1}
    assert snapshot.counts["left_out"] == {"tied": 1}
    assert snapshot.rows_done == snapshot.rows_total == 3
    first, second = read_in_task_order(snapshot.path, "preference")
    assert first.chosen[0]["content"] == "Answer 0 to 1."
    assert second.chosen[0]["content"] == "Answer 1 to 2."
    assert first.weight == 0.75
    assert {view.labeler for view in first.judgments} == set(
        Judgment.objects.values_list("person__pseudonym", flat=True)
    )
    manifest = read_manifest(snapshot.path)
    assert manifest["digest"] == snapshot.digest
    assert manifest["name"] == "first"
    assert manifest["code_version"]
    assert [
        event.action for event in AuditEvent.objects.filter(subject__startswith="snapshot")
    ] == [
        "snapshot.done",
        "snapshot.requested",
    ]


def test_rankings_bring_their_pairs(project_factory, label, freeze):
    project = project_factory("ranks", kind="ranking", gold_rate=0)
    label(project, [{"ranks": [1, 2, 2, 4]}, {"ranks": [1, 2, 3, 4]}], k=4)
    snapshot = freeze(project)
    assert snapshot.counts["records"] == {"ranking": 2, "preference": 11}
    pairs = list(read_in_task_order(snapshot.path, "preference"))
    assert len({pair.rank_group for pair in pairs}) == 2


def test_the_same_labels_give_the_same_bytes(project, label, freeze):
    label(project, [A_IS_BETTER, B_IS_BETTER])
    first, second = freeze(project, "first"), freeze(project, "second")
    assert first.digest == second.digest
    files = read_manifest(first.path)["files"]
    assert files == read_manifest(second.path)["files"]
    for name in files:
        assert (first.path / name).read_bytes() == (second.path / name).read_bytes()


def test_splits_stay_when_labels_are_added(project, label, freeze, imported_pairs):
    imported_pairs(project, 40)
    first = freeze(project, "first")
    imported_pairs(project, 80)
    second = freeze(project, "second")

    def splits(snapshot):
        return {
            record.id: split
            for split in ("train", "validation", "test")
            for record in dataset_dir.read_records(snapshot.path, "preference", split)
        }

    before, after = splits(first), splits(second)
    assert len(before) == 40
    assert len(after) == 80
    assert before.items() <= after.items()


def test_a_request_is_queued_with_its_job(project, admin):
    snapshot = snapshotting.request_snapshot(
        project=project, created_by=admin, name="  my   first ", filters={"min_judgments": 2}
    )
    assert snapshot.name == "my first"
    assert snapshot.state == "queued"
    job = ProcrastinateJob.objects.get(args={"snapshot_uid": str(snapshot.uid)})
    assert job.task_name == "exports.build_snapshot"
    assert job.queue_name == "light"


def test_a_request_that_cannot_be_meant_is_refused_by_field(project):
    snapshotting.request_snapshot(project=project, created_by=None, name="taken")
    with pytest.raises(ValidationError) as refused:
        snapshotting.request_snapshot(
            project=project,
            created_by=None,
            name="taken",
            filters={"min_judgments": 0},
            fractions={"train": 2, "validation": 0, "test": 0},
        )
    assert set(refused.value.message_dict) == {"name", "filters", "fractions"}
    for name in ("", "   ", "x" * 81, "a\0b"):
        with pytest.raises(ValidationError):
            snapshotting.request_snapshot(project=project, created_by=None, name=name)
    assert Snapshot.objects.count() == 1


@pytest.mark.parametrize(
    "case", ["no tasks", "nothing to write about", "no labels", "filtered", "tied"]
)
def test_an_empty_result_says_what_is_missing(project, label, freeze, case):
    filters, expected = {}, "import prompts with responses first"
    if case == "no labels":
        label(project, [A_IS_BETTER])
        Judgment.objects.all().delete()
        expected = "collect judgments first"
    elif case == "filtered":
        label(project, [A_IS_BETTER])
        filters, expected = {"languages": ["ja"]}, "No label passes the filters"
    elif case == "nothing to write about":
        project.settings.kind = "prompt_writing"
        project.settings.save()
        expected = "no tasks yet: import prompts first"
    elif case == "tied":
        label(project, [TIE, TIE])
        expected = r"All 2 labeled tasks were left out \(2 tied or undecided\)"
    snapshot = freeze(project, filters=filters)
    assert snapshot.state == "failed"
    assert re.search(expected, snapshot.error)
    assert not snapshot.path.exists()
    # A failed one gives its name back.
    assert freeze(project, "first").name == "first"


def test_a_full_disk_fails_in_one_sentence_and_leaves_nothing(project, label, freeze, monkeypatch):
    label(project, [A_IS_BETTER])

    def write(self, data):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(durable_tables.HashedFile, "write", write)
    snapshot = freeze(project)
    assert snapshot.state == "failed"
    assert "is full: free some space" in snapshot.error
    assert not any(snapshot.path.parent.glob(f"*{snapshot.uid}*"))


def test_an_unexpected_error_is_told_and_raised(project, label, monkeypatch):
    label(project, [A_IS_BETTER])
    monkeypatch.setattr(snapshotting, "made_in", None)
    snapshot = snapshotting.request_snapshot(project=project, created_by=None, name="odd")
    with pytest.raises(TypeError):
        snapshotting.build_snapshot(snapshot_uid=snapshot.uid)
    snapshot.refresh_from_db()
    assert snapshot.state == "failed"
    assert "unexpected error" in snapshot.error


def test_a_done_snapshot_cannot_be_changed(project, label, freeze):
    label(project, [A_IS_BETTER])
    snapshot = freeze(project)
    for field, value in (("name", "other"), ("digest", "0" * 64), ("state", "queued")):
        changed = Snapshot.objects.get(pk=snapshot.pk)
        setattr(changed, field, value)
        with pytest.raises(ValidationError, match="cannot be changed"):
            changed.save()
        with pytest.raises(IntegrityError, match="cannot be changed"), transaction.atomic():
            Snapshot.objects.filter(pk=snapshot.pk).update(**{field: value})
    snapshot.contains_voided = True
    snapshot.save()
    snapshot.refresh_from_db()
    assert snapshot.contains_voided


def test_a_done_snapshot_needs_its_files(project):
    with pytest.raises(IntegrityError, match="a_done_snapshot_has_its_files"):
        Snapshot.objects.create(project=project, name="x", fractions={}, state="done")
    with pytest.raises(IntegrityError, match="a_failed_snapshot_says_why"):
        Snapshot.objects.create(project=project, name="x", fractions={}, state="failed")


def test_building_twice_changes_nothing(project, label, freeze):
    label(project, [A_IS_BETTER])
    snapshot = freeze(project)
    before = (snapshot.path / "manifest.json").stat().st_mtime_ns
    Judgment.objects.all().delete()
    assert snapshotting.build_snapshot(snapshot_uid=snapshot.uid).digest == snapshot.digest
    assert (snapshot.path / "manifest.json").stat().st_mtime_ns == before


def test_a_snapshot_that_another_process_builds_is_left_alone(project, label):
    label(project, [A_IS_BETTER])
    snapshot = snapshotting.request_snapshot(project=project, created_by=None, name="x")
    with Reading(project, Filters()) as other:
        assert other.try_lock(f"snapshot {snapshot.uid}")
        assert snapshotting.build_snapshot(snapshot_uid=snapshot.uid).state == "queued"
    assert snapshotting.build_snapshot(snapshot_uid=snapshot.uid).state == "done"


def test_what_is_always_broken_off_ends(project, label):
    label(project, [A_IS_BETTER])
    snapshot = snapshotting.request_snapshot(project=project, created_by=None, name="x")
    Snapshot.objects.filter(pk=snapshot.pk).update(attempts=snapshotting.MOST_ATTEMPTS)
    assert "broken off 5 times" in snapshotting.build_snapshot(snapshot_uid=snapshot.uid).error


BUILD_SLOWLY = """
import sys, time
import django
django.setup()
from exports import dataset_dir, parts, snapshotting
kind = {"write": parts.Parts}.get(sys.argv[2], dataset_dir.DatasetWriter)
place = getattr(kind, sys.argv[2])
def slow(self, *arguments, **named):
    found = place(self, *arguments, **named)
    print("here", flush=True)
    time.sleep(60)
    return found
setattr(kind, sys.argv[2], slow)
snapshotting.build_snapshot(snapshot_uid=sys.argv[1])
"""


@pytest.mark.parametrize("moment", ["write", "add_rows", "publish"])
def test_a_build_that_was_killed_goes_on(project, label, freeze, monkeypatch, moment):
    tasks = label(project, [A_IS_BETTER, B_IS_BETTER])
    unbroken = freeze(project, "unbroken")
    snapshot = snapshotting.request_snapshot(project=project, created_by=None, name="x")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
    }
    child = subprocess.Popen(
        [sys.executable, "-c", BUILD_SLOWLY, str(snapshot.uid), moment],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout.readline() == "here\n"
        snapshot.refresh_from_db()
        assert snapshot.state == "running"
        assert any(snapshot.path.parent.iterdir())
        assert snapshotting.build_snapshot(snapshot_uid=snapshot.uid).state == "running"
        child.send_signal(signal.SIGKILL)
    (note,) = snapshot.path.parent.glob(f".{snapshot.uid}.parts/part-*.json")
    assert note.stat().st_size
    again = []
    monkeypatch.setattr(parts.Parts, "write", lambda self, *given: again.append(given))
    # What was said, and what became of it, after the beginning is of another moment.
    Judgment.objects.filter(task=tasks[0]).update(standing="voided", is_current=False, slot=None)
    deadline = time.monotonic() + 20
    while snapshotting.build_waiting() and time.monotonic() < deadline:
        time.sleep(0.1)  # until the server notices that its client is gone
    snapshot.refresh_from_db()
    assert snapshot.state == "done", snapshot.error
    assert snapshot.attempts == 2
    assert verify(snapshot.path) == []
    assert snapshot.digest == unbroken.digest
    assert not again, "a part that was there was written again"
    assert [path.name for path in snapshot.path.parent.glob(f"*{snapshot.uid}*")] == [
        str(snapshot.uid)
    ]


def database_url():
    with connection.cursor():
        info = connection.connection.info
        words = {
            "dbname": info.dbname,
            "user": info.user,
            "password": info.password,
            "host": info.host,
            "port": info.port,
        }
    return " ".join(f"{name}={value}" for name, value in words.items() if value)


def test_answers_counted_before_their_item_became_gold_stay_in(project, label, freeze):
    (task,) = label(project, [A_IS_BETTER], [A_IS_BETTER], [A_IS_BETTER])
    keeping_gold.confirm(task=task, confirmed_by=None)
    assert freeze(project).counts["judgments"] == 3
