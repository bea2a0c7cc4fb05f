"""The account of PostgreSQL: an ordinary user's own, never root's, wherever the home lies."""

import os
import subprocess
from pathlib import Path

import pytest

from config import postgres_account
from config.homes import CannotStart
from config.postgres_account import Account, choose_account
from config.postgres_data import server_programs

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="root has the choice")


def who(account: Account) -> str:
    done = subprocess.run(account.command(["/usr/bin/id", "-u"]), capture_output=True, text=True)
    return done.stdout.strip()


def test_an_ordinary_user_stays_themselves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert choose_account(program=Path("/any"), folder=tmp_path) == Account({}, None)


@needs_root
def test_root_never_runs_it_as_root(tmp_path: Path) -> None:
    # pytest's folder is root's alone: nobody else may enter it.
    program = server_programs() / "postgres"
    account = choose_account(program=program, folder=tmp_path)
    assert who(account) not in ("0", "")
    assert (tmp_path.parent.stat().st_mode & 0o777) == 0o700


@needs_root
def test_data_keep_their_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_account, "_works", lambda *_: True)
    (tmp_path / "data").mkdir()
    os.chown(tmp_path / "data", 12345, 12345)
    account = choose_account(program=Path("/any"), folder=tmp_path)
    assert account.owner == (12345, 12345)


@needs_root
def test_no_way_at_all_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_account, "_works", lambda *_: False)
    with pytest.raises(CannotStart, match="run Accord as an ordinary user"):
        choose_account(program=Path("/any"), folder=tmp_path)


@needs_root
def test_a_whole_folder_changes_hands(tmp_path: Path) -> None:
    (tmp_path / "data" / "base").mkdir(parents=True)
    (tmp_path / "data" / "base" / "1").write_text("")
    Account({}, (65534, 65534)).own(tmp_path / "data")
    owners = {path.stat().st_uid for path in [tmp_path / "data", *(tmp_path / "data").rglob("*")]}
    assert owners == {65534}
