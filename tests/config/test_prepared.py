"""What spares a start its preparing: nothing changed since, in files or in the database."""

import os
from pathlib import Path

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from config import prepared
from config.homes import CannotStart, make_home
from config.prepared import is_prepared, note_prepared, prepare


@pytest.mark.django_db
def test_holds_until_a_file_or_the_database_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = connection.settings_dict["NAME"]
    conninfo = make_conninfo(os.environ["DATABASE_URL"], dbname=here)
    root, home = tmp_path / "root", tmp_path / "home"
    (root / "app" / "migrations").mkdir(parents=True)
    home.mkdir()
    monkeypatch.setattr(prepared, "ROOT", root)
    assert not is_prepared(home, conninfo)
    note_prepared(home, conninfo)
    assert is_prepared(home, conninfo)
    # Another database, or one that lost its tables, must be prepared again.
    assert not is_prepared(home, make_conninfo(conninfo, dbname="postgres"))
    (root / "app" / "migrations" / "0002_more.py").write_text("")
    assert not is_prepared(home, conninfo)


def test_an_unreachable_database_is_not_prepared(tmp_path: Path) -> None:
    note_prepared(tmp_path, "host=127.0.0.1 port=1")
    assert not is_prepared(tmp_path, "host=127.0.0.1 port=1")


def test_what_preparing_says_is_told_and_what_it_fails_on_is_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_home(tmp_path)
    root = tmp_path / "root"
    (root / "config").mkdir(parents=True)
    # A package, so that it comes before ours wherever PYTHONPATH names that.
    (root / "config" / "__init__.py").touch()
    (root / "config" / "preparing.py").write_text(
        "import sys; print('Working', *sys.argv[1:]); sys.exit('It is broken.')"
    )
    monkeypatch.setattr(prepared, "ROOT", root)
    told: list[str] = []
    with pytest.raises(CannotStart, match="It is broken"):
        prepare(tmp_path, environ=dict(os.environ), say=told.append, samples=False)
    assert told == ["Working --empty"]
