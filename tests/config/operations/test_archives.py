"""Backups as files: whole or absent, and every damage noticed."""

import json
import tarfile
from contextlib import suppress

import pytest

from config.operations.archives import MANIFEST, BackupError, Reader, Writer


@pytest.fixture(params=["backup.tar", "backup"])
def target(request, tmp_path):
    """A tar file, and a folder."""
    return tmp_path / request.param


@pytest.fixture
def made(target, tmp_path):
    """A backup of two files."""
    (tmp_path / "one").write_bytes(b"1" * 3_000_000)
    (tmp_path / "two").write_bytes(b"")
    with Writer(target) as writer:
        assert writer.add("files/one", tmp_path / "one") == 3_000_000
        writer.add("files/deep/two", tmp_path / "two")
        writer.finish({"format": 1})
    return target


def test_what_goes_in_comes_out(made, tmp_path):
    with Reader(made) as reader:
        reader.check()
        assert list(reader.members) == ["files/deep/two", "files/one"]
        reader.copy("files/one", tmp_path / "out" / "one")
    assert (tmp_path / "out" / "one").read_bytes() == b"1" * 3_000_000
    assert (tmp_path / "out" / "one").stat().st_mode & 0o077 == 0
    assert not made.with_name(f".{made.name}.partial").exists()


def test_a_broken_off_one_leaves_nothing(target, tmp_path):
    (tmp_path / "one").write_bytes(b"1")
    with suppress(KeyboardInterrupt), Writer(target) as writer:
        writer.add("files/one", tmp_path / "one")
        raise KeyboardInterrupt
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one"]


def test_a_file_that_grows_or_shrinks_meanwhile_is_as_it_began(target, tmp_path, monkeypatch):
    path = tmp_path / "log"
    path.write_bytes(b"12345")
    with Writer(target) as writer:
        put = writer._put

        def late(name, file, size):
            path.write_bytes(b"12")
            put(name, file, size)

        monkeypatch.setattr(writer, "_put", late)
        writer.add("files/log", path)
        monkeypatch.setattr(writer, "_put", put)
        writer.finish({})
    with Reader(target) as reader:
        reader.check()
        assert reader.members["files/log"]["bytes"] == 5


def test_none_is_written_over(made):
    with pytest.raises(BackupError, match="there already"), Writer(made):
        pass
    with Reader(made) as reader:
        reader.check()


def test_damage_is_noticed(made, tmp_path):
    if made.is_dir():
        (made / "files" / "one").write_bytes(b"2" * 3_000_000)
    else:
        data = bytearray(made.read_bytes())
        data[1_000_000] ^= 1
        made.write_bytes(data)
    with Reader(made) as reader, pytest.raises(BackupError, match="not what was backed up"):
        reader.check()


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd"])
def test_nothing_is_written_outside(tmp_path, name):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / MANIFEST).write_text(json.dumps({"members": {name: {}}}))
    with pytest.raises(BackupError, match="outside"), Reader(tmp_path / "b"):
        pass


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nowhere", "There is no backup"),
        ("text", "is no backup"),
        ("empty.tar", "is not whole"),
    ],
)
def test_what_is_no_backup_is_told(tmp_path, name, sentence):
    (tmp_path / "text").write_text("hello")
    with tarfile.open(tmp_path / "empty.tar", "w"):
        pass
    with pytest.raises(BackupError, match=sentence), Reader(tmp_path / name):
        pass
