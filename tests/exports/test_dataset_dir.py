"""The dataset directory: whole or absent, same labels same bytes, readable by others."""

import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest

from exports import dataset_dir, durable_tables
from exports.dataset_dir import (
    DatasetDirError,
    DatasetWriter,
    read_in_task_order,
    read_manifest,
    read_records,
    verify,
)
from exports.splitting import Fractions
from tests.exports.making import MAKERS, pair, ranking

ROOT = Path(__file__).parents[2]
GROUPS = [[pair(number)] for number in range(1, 60)] + [
    [ranking(number), pair(number, id=f"p-{number}-0-1", rank_group=f"p-{number}")]
    for number in range(60, 100)
]


def make(target, groups=GROUPS, **about):
    with DatasetWriter(
        target, project="p", filters={"min_judgments": 1}, fractions=Fractions()
    ) as writer:
        for records in groups:
            writer.add(records)
        return writer.publish(**about)


def hashes(manifest):
    return {name: about["sha256"] for name, about in manifest["files"].items()}


def test_what_was_written_can_be_read(tmp_path):
    manifest = make(tmp_path / "d", name="first")
    assert read_manifest(tmp_path / "d") == manifest
    assert manifest["name"] == "first"
    assert sum(manifest["counts"]["preference"].values()) == 99
    assert sum(manifest["counts"]["ranking"].values()) == 40
    records = [record for group in GROUPS for record in group]
    for config in ("preference", "ranking"):
        back = list(read_in_task_order(tmp_path / "d", config))
        assert back == [record for record in records if record.config == config]
    assert verify(tmp_path / "d") == []


def test_a_task_is_in_one_split(tmp_path):
    make(tmp_path / "d")
    for split in ("train", "validation", "test"):
        ranked = {record.id for record in read_records(tmp_path / "d", "ranking", split)}
        paired = {
            record.rank_group
            for record in read_records(tmp_path / "d", "preference", split)
            if record.rank_group
        }
        assert ranked == paired


def test_lineage_leads_to_the_judgments(tmp_path):
    make(tmp_path / "d", [[pair(3)]])
    assert pq.read_table(tmp_path / "d/lineage.parquet").to_pylist() == [
        {
            "record": "p-3",
            "config": "preference",
            "task": "p-3",
            "judgment": "3",
            "revision": 1,
            "labeler": "L-abc",
        }
    ]


def test_the_same_labels_give_the_same_bytes(tmp_path):
    first = make(tmp_path / "a", name="one", created_at="monday")
    second = make(tmp_path / "b", name="two", created_at="tuesday")
    assert hashes(first) == hashes(second)
    assert first["digest"] == second["digest"]
    for name in first["files"]:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    third = make(tmp_path / "c", [*GROUPS[:-1]])
    assert third["digest"] != first["digest"]


def test_row_groups_keep_memory_flat(tmp_path, monkeypatch):
    monkeypatch.setattr(durable_tables, "GROUP_ROWS", 8)
    make(tmp_path / "d")
    table = pq.ParquetFile(tmp_path / "d/preference/train.parquet")
    assert table.metadata.num_row_groups == -(-table.metadata.num_rows // 8)
    assert len(list(read_in_task_order(tmp_path / "d", "preference"))) == 99


def test_long_texts_fill_a_row_group_sooner(tmp_path, monkeypatch):
    monkeypatch.setattr(durable_tables, "GROUP_CHARACTERS", 100)
    make(tmp_path / "d")
    table = pq.ParquetFile(tmp_path / "d/preference/train.parquet")
    assert table.metadata.num_row_groups > 5


def test_datasets_loads_each_configuration(tmp_path):
    manifest = make(tmp_path / "d")
    for config in ("preference", "ranking"):
        loaded = datasets.load_dataset(
            str(tmp_path / "d"), config, cache_dir=str(tmp_path / "cache")
        )
        assert {name: split.num_rows for name, split in loaded.items()} == manifest["counts"][
            config
        ]
    row = loaded["train"][0]
    assert row["responses"][0][0]["role"] == "assistant"
    default = datasets.load_dataset(str(tmp_path / "d"), cache_dir=str(tmp_path / "cache"))
    assert default["train"][0]["chosen"][0]["content"].startswith("good")


@pytest.mark.parametrize("config", MAKERS)
def test_every_configuration_is_written_read_and_loaded(tmp_path, config):
    records = [MAKERS[config](number) for number in range(1, 40)]
    manifest = make(tmp_path / "d", [[record] for record in records])
    assert list(manifest["counts"]) == [config]
    assert list(read_in_task_order(tmp_path / "d", config)) == records
    cache = str(tmp_path / "cache")
    loaded = datasets.load_dataset(str(tmp_path / "d"), config, cache_dir=cache)
    assert {name: split.num_rows for name, split in loaded.items()} == manifest["counts"][config]
    assert loaded["train"].column_names == records[0].schema.names
    by_id = {record.id: record for record in records}
    row = loaded["train"][0]
    assert {name: row[name] for name in row} == by_id[row["id"]].as_row()


def test_empty_splits_are_left_out_and_the_rest_loads(tmp_path):
    manifest = make(tmp_path / "d", [[pair(2)]])
    assert manifest["counts"] == {"preference": {"train": 1}}
    assert sorted(path.name for path in (tmp_path / "d").rglob("*.parquet")) == [
        "lineage.parquet",
        "train.parquet",
    ]
    loaded = datasets.load_dataset(
        str(tmp_path / "d"), "preference", cache_dir=str(tmp_path / "cache")
    )
    assert loaded["train"].num_rows == 1
    assert list(read_records(tmp_path / "d", "preference", "test")) == []
    assert list(read_records(tmp_path / "d", "ranking", "train")) == []


def test_nothing_is_left_when_the_writer_is_left_early(tmp_path):
    with DatasetWriter(tmp_path / "d", project="p", filters={}, fractions=Fractions()) as writer:
        writer.add([pair()])
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []


def test_a_dataset_without_records_is_refused(tmp_path):
    with pytest.raises(DatasetDirError, match="nothing to write"):
        make(tmp_path / "d", [])
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_exists_is_kept(tmp_path):
    make(tmp_path / "d")
    with pytest.raises(DatasetDirError, match="exists already: choose another place"):
        make(tmp_path / "d", [[pair()]])
    assert verify(tmp_path / "d") == []


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, monkeypatch, after):
    written = []
    real = durable_tables.HashedFile.write

    def write(self, data):
        written.append(len(data))
        if len(written) > after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(self, data)

    monkeypatch.setattr(durable_tables.HashedFile, "write", write)
    with pytest.raises(DatasetDirError, match="is full: free some space") as refused:
        make(tmp_path / "d")
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_size_limit_is_told_like_a_full_disk(tmp_path):
    program = textwrap.dedent(
        """
        import resource, sys
        from pathlib import Path
        from exports.dataset_dir import DatasetDirError
        from tests.exports.test_dataset_dir import make
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        try:
            make(Path(sys.argv[1]))
        except DatasetDirError as error:
            print(error)
        """
    )
    done = run_python(program, tmp_path / "d")
    assert "is full: free some space" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path):
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from exports.dataset_dir import DatasetWriter
        from exports.splitting import Fractions
        from tests.exports.making import pair
        with DatasetWriter(
            Path(sys.argv[1]), project="p", filters={}, fractions=Fractions()
        ) as writer:
            writer.add([pair()])
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    assert run_python(program, tmp_path / "d").returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == [".d.partial"]
    make(tmp_path / "d")
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_a_folder_that_refuses_is_told_in_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetDirError, match=r"cannot be written .*: correct that"):
        make(tmp_path / "file" / "d")


def test_verify_names_what_changed(tmp_path):
    make(tmp_path / "d")
    with open(tmp_path / "d/preference/train.parquet", "r+b") as handle:
        handle.seek(10)
        handle.write(b"x")
    (tmp_path / "d/ranking/test.parquet").unlink()
    (tmp_path / "d/extra.txt").write_text("")
    assert verify(tmp_path / "d") == [
        "preference/train.parquet is not what was written: its SHA-256 differs.",
        "ranking/test.parquet is missing.",
        "extra.txt does not belong here.",
    ]


def test_verify_sees_a_changed_manifest(tmp_path):
    manifest = make(tmp_path / "d")
    manifest["digest"] = "0" * 64
    (tmp_path / "d/manifest.json").write_text(json.dumps(manifest))
    assert verify(tmp_path / "d") == [
        "manifest.json was changed: its digest is not that of its files."
    ]


@pytest.mark.parametrize("content", [None, "{", "[]", '{"schema_version": 99}', b"\xff"])
def test_other_folders_are_refused(tmp_path, content):
    if content is not None:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / dataset_dir.MANIFEST).write_bytes(data)
    with pytest.raises(
        DatasetDirError, match=r"name the folder that a snapshot made|export it again"
    ):
        verify(tmp_path)


def test_unknown_names_are_refused(tmp_path):
    make(tmp_path / "d")
    with pytest.raises(DatasetDirError, match="there are preference, ranking"):
        next(read_records(tmp_path / "d", "../ranking", "train"))


def run_python(program, *arguments):
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
