"""Where the client finds the address and the token, and who else may read them."""

from __future__ import annotations

import os
import stat

import pytest
from accord import settings
from accord.errors import AccordError
from accord.settings import Settings, checked_url, config_path, find

HERE = Settings("https://accord.example", "accord_x")


def test_the_file_is_for_its_owner_alone():
    before = os.umask(0)
    try:
        path = settings.write(HERE)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert find() == HERE
    settings.write(HERE._replace(token="accord_y"))
    assert find().token == "accord_y"
    assert [file.name for file in path.parent.iterdir()] == ["config.json"]
    assert settings.forget()
    assert not settings.forget()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_lies_open_is_refused(mode):
    settings.write(HERE).chmod(mode)
    with pytest.raises(AccordError, match="chmod 600"):
        find()


def test_a_damaged_file():
    settings.write(HERE)
    config_path().write_text("{")
    with pytest.raises(AccordError, match="accord login"):
        find()


def test_the_environment_comes_first_and_arguments_before_it(monkeypatch):
    settings.write(HERE)
    monkeypatch.setenv("ACCORD_URL", "https://other.example/")
    with pytest.raises(AccordError, match=r"no token for https://other\.example"):
        find()
    monkeypatch.setenv("ACCORD_TOKEN", "accord_env")
    assert find() == ("https://other.example", "accord_env")
    assert find("https://third.example", "accord_arg") == ("https://third.example", "accord_arg")


def test_without_anything():
    with pytest.raises(AccordError, match="accord login ADDRESS"):
        find()


def test_addresses(monkeypatch):
    assert checked_url("accord.example") == "https://accord.example"
    assert checked_url("https://a.example:8443/sub/api/v1/") == "https://a.example:8443/sub"
    for near in ("http://127.0.0.1:8000/", "http://localhost:8000", "http://[::1]:8000"):
        assert checked_url(near) == near.rstrip("/")
    for wrong in ("ftp://a.example", "https://", "https://a:b@c.example"):
        with pytest.raises(AccordError, match="is no address"):
            checked_url(wrong)
    with pytest.raises(AccordError, match="in the open"):
        checked_url("http://accord.example")
    monkeypatch.setenv("ACCORD_ALLOW_HTTP", "1")
    assert checked_url("http://accord.example") == "http://accord.example"
