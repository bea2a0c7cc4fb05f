"""Downloads: whole and in order, refused before the first byte, written down."""

import gzip
import json
from pathlib import Path

import pytest

from annotation import importing
from annotation.task_kinds.catalog import TASK_KINDS
from exports.downloading import DownloadError, NotReadyError, open_download
from exports.formats.base import EVERY
from exports.formats.catalog import FORMATS
from exports.models import Snapshot
from labelers.models import AuditEvent
from tests.annotation.making import A_IS_BETTER
from tests.exports.making import assistant, user

pytestmark = pytest.mark.django_db(transaction=True)

HH = Path(__file__).parents[3] / "shared/data/hh_rlhf_harmless_test/test.jsonl.gz"


def fetch(snapshot, format, split="all", **options):
    made = open_download(
        snapshot=snapshot, asked_by=None, format=format, split=split, options=options
    )
    return b"".join(made.pieces)


def test_splits_together_are_the_whole(project, imported_pairs, freeze):
    imported_pairs(project, 60)
    snapshot = freeze(project)
    whole = [json.loads(line) for line in fetch(snapshot, "trl_preference").splitlines()]
    assert [row["prompt"][0]["content"] for row in whole] == [
        f"Question {number}?" for number in range(1, 61)
    ]
    parts = [
        json.loads(line)
        for split in ("train", "validation", "test")
        for line in fetch(snapshot, "trl_preference", split).splitlines()
    ]
    assert sorted(map(str, parts)) == sorted(map(str, whole))


def test_a_file_is_named_after_what_it_holds(project, imported_pairs, freeze):
    imported_pairs(project, 1)
    made = open_download(
        snapshot=freeze(project, "日本 May 1"), asked_by=None, format="hh_rlhf", split="train"
    )
    assert made.file_name == "essays-may-1-hh_rlhf-train.jsonl"


def test_rankings_and_their_pairs(project_factory, label, freeze):
    project = project_factory("ranks", kind="ranking", gold_rate=0)
    label(project, [{"ranks": [1, 2, 2, 4]}], k=4)
    snapshot = freeze(project)
    (ranking,) = [json.loads(line) for line in fetch(snapshot, "rankings").splitlines()]
    pairs = [
        json.loads(line)
        for line in fetch(snapshot, "trl_preference", rank_group="true").splitlines()
    ]
    assert len(ranking["pairs"]) == len(pairs) == 5
    assert {pair["rank_group"] for pair in pairs} == {ranking["rank_group"]}
    for pair, places in zip(pairs, ranking["pairs"], strict=True):
        assert pair["chosen"] == ranking["responses"][places["chosen"]]
        assert pair["rejected"] == ranking["responses"][places["rejected"]]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"format": "../etc"}, "format: choose one of hh_rlhf"),
        ({"format": "hh_rlhf", "split": "dev"}, "split: choose one of all, train"),
        ({"format": "rankings"}, "There is no ranking in all"),
        ({"format": "hh_rlhf", "options": {"margin": "1"}}, "no such option of hh_rlhf"),
    ],
)
def test_what_cannot_be_had_is_said_first(project, imported_pairs, freeze, asked, sentence):
    imported_pairs(project, 1)
    with pytest.raises(DownloadError, match=sentence):
        open_download(snapshot=freeze(project), asked_by=None, **asked)


def test_what_is_not_done_is_not_ready(project, freeze):
    failed = freeze(project)
    with pytest.raises(NotReadyError, match=r"failed \(The project has no tasks yet"):
        open_download(snapshot=failed, asked_by=None, format="hh_rlhf")
    waiting = Snapshot(project=project, name="x")
    with pytest.raises(NotReadyError, match="not ready: wait"):
        open_download(snapshot=waiting, asked_by=None, format="hh_rlhf")


def test_records_without_a_place_are_counted_before_and_left_out_on_request(project, label, freeze):
    tasks = label(project, [A_IS_BETTER, A_IS_BETTER])
    prompt = tasks[0].prompt
    prompt.messages = [{"role": "system", "content": "Be kind."}, *prompt.messages]
    prompt.save()
    snapshot = freeze(project)
    with pytest.raises(DownloadError, match="1 records have no place in this form"):
        fetch(snapshot, "hh_rlhf")
    assert len(fetch(snapshot, "hh_rlhf", skip_unwritable="true").splitlines()) == 1
    assert len(fetch(snapshot, "trl_preference").splitlines()) == 2


def test_a_download_is_written_down(project, imported_pairs, freeze, engineer):
    imported_pairs(project, 1)
    snapshot = freeze(project)
    open_download(snapshot=snapshot, asked_by=engineer, format="hh_rlhf", split="train")
    event = AuditEvent.objects.get(action="snapshot.downloaded")
    assert (event.actor, event.project) == (engineer, project)
    assert event.detail == {"format": "hh_rlhf", "split": "train"}


@pytest.mark.skipif(
    not HH.exists(), reason="the public HH-RLHF test file is not beside the project"
)
def test_the_hh_rlhf_file_goes_in_and_comes_out_byte_identical(project, freeze):
    with HH.open("rb") as file:
        batch = importing.receive_file(
            project=project,
            file=file,
            file_name=HH.name,
            format="hh_rlhf",
            created_by=None,
            in_background=False,
        )
    batch = importing.run_import(uid=str(batch.uid))
    assert batch.state == "done", batch.problems
    snapshot = freeze(project)
    assert snapshot.state == "done", snapshot.error
    assert fetch(snapshot, "hh_rlhf") == gzip.decompress(HH.read_bytes())


LABELS = {
    "pairwise": (2, A_IS_BETTER),
    "ranking": (4, {"ranks": [1, 2, 2, 4]}),
    "best_of": (3, {"best": 1}),
    "rating": (3, {"scores": [7, 1, 4], "flags": [[], ["Hallucination"], []]}),
    "thumbs": (1, {"good": True}),
    "demonstration": (0, {"text": "So."}),
    "prompt_writing": (0, {"text": "Why?"}),
    "conversation": (0, {"turns": [user("Why?"), assistant("So.")], "ended": True}),
}


@pytest.mark.parametrize("kind", TASK_KINDS)
def test_every_kind_fills_the_formats_of_its_records(project_factory, label, freeze, kind):
    project = project_factory("one-kind", kind=kind, gold_rate=0)
    k, answer = LABELS[kind]
    label(project, [answer], k=k)
    snapshot = freeze(project)
    assert snapshot.state == "done", snapshot.error
    assert snapshot.counts["records"]
    for name, format in FORMATS.items():
        records = snapshot.counts["records"].get(format.config, 0)
        if format.config == EVERY:
            assert len(fetch(snapshot, name).splitlines()) == snapshot.counts["judgments"]
        elif records:
            lines = fetch(snapshot, name).splitlines()
            assert len(lines) == {"kto": 2 * records, "csv_pairs": 1 + records}.get(name, records)
        else:
            with pytest.raises(DownloadError, match=f"There is no {format.config} in all"):
                fetch(snapshot, name)


def test_it_may_come_compressed(project, label, freeze):
    label(project, [A_IS_BETTER, A_IS_BETTER])
    snapshot = freeze(project)
    plain = open_download(snapshot=snapshot, asked_by=None, format="hh_rlhf")
    packed = open_download(snapshot=snapshot, asked_by=None, format="hh_rlhf", gzip=True)
    assert packed.file_name == f"{plain.file_name}.gz"
    assert gzip.decompress(b"".join(packed.pieces)) == b"".join(plain.pieces)
