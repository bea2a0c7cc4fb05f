"""Secrets from variables and from files."""

import pytest

from config.environment import secret
from config.homes import CannotStart


def test_a_value_wins_over_a_file_and_neither_is_empty(tmp_path, monkeypatch):
    monkeypatch.delenv("SOME_SECRET", raising=False)
    monkeypatch.delenv("SOME_SECRET_FILE", raising=False)
    assert secret("SOME_SECRET") == ""
    file = tmp_path / "secret"
    file.write_text("from the file\n")
    monkeypatch.setenv("SOME_SECRET_FILE", str(file))
    assert secret("SOME_SECRET") == "from the file"
    monkeypatch.setenv("SOME_SECRET", "given")
    assert secret("SOME_SECRET") == "given"


def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("SOME_SECRET", raising=False)
    monkeypatch.setenv("SOME_SECRET_FILE", str(tmp_path / "none"))
    with pytest.raises(CannotStart, match=r"SOME_SECRET_FILE is .*none, which cannot be read"):
        secret("SOME_SECRET")
