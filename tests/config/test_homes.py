"""Homes: where they are, what they keep from others, and locks that die with their holder."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.homes import ROOT, CannotStart, FileLock, explain_os_error, home_folder, make_home


def test_home_is_var_beside_manage_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCORD_HOME", " ")
    assert home_folder() == ROOT / "var"
    monkeypatch.setenv("ACCORD_HOME", "here")
    assert home_folder() == Path.cwd() / "here"


def test_others_cannot_list_a_home(tmp_path: Path) -> None:
    make_home(tmp_path / "a" / "home")
    assert stat.S_IMODE((tmp_path / "a" / "home").stat().st_mode) & 0o066 == 0
    assert list((tmp_path / "a" / "home" / "logs").iterdir()) == []


def test_a_file_in_the_homes_place_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(CannotStart, match="is not a folder"):
        make_home(tmp_path / "home")


@pytest.mark.parametrize(
    ("number", "words"),
    [(28, "is full"), (13, "cannot be written"), (30, "cannot be written"), (5, "cannot be used")],
)
def test_errors_of_the_disk_say_what_to_do(number: int, words: str) -> None:
    sentence = str(explain_os_error(OSError(number, os.strerror(number)), Path("/x")))
    assert words in sentence
    assert "ACCORD_HOME" in sentence


def test_lock_is_held_once_and_freed_by_death(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    program = (
        "import sys; from pathlib import Path; from config.homes import FileLock\n"
        "lock = FileLock(Path(sys.argv[1])); print(lock.acquire(note='me'), flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        lock = FileLock(path)
        assert not lock.acquire()
        assert lock.note() == "me"
        holder.kill()
    assert lock.acquire(note="mine")
    assert lock.note() == "mine"
    lock.release()


def test_readers_share_and_keep_the_writer_out(tmp_path: Path) -> None:
    one, two, writer = (FileLock(tmp_path / "lock") for _ in range(3))
    assert one.acquire(shared=True)
    assert two.acquire(shared=True)
    assert not writer.acquire()
    one.release()
    two.release()
    assert writer.acquire()
    writer.release()
