"""Where the database is: the URL's parts, the pool, and sentences for servers that will not do."""

import os
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from config.database import database_settings, parameters_of, prepare_server
from config.homes import CannotStart


def test_url_becomes_django_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://ann:a%2Fb@db.example:5433/labels?sslmode=require"
    monkeypatch.setenv("DATABASE_URL", url)
    settings = database_settings(pooled=False)
    parts = {key: settings[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")}
    assert parts == {
        "USER": "ann",
        "PASSWORD": "a/b",
        "HOST": "db.example",
        "PORT": "5433",
        "NAME": "labels",
    }
    assert settings["OPTIONS"] == {"sslmode": "require", "connect_timeout": "10"}


def test_without_a_url_the_home_is_meant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path))
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "password").write_text("secret\n")
    settings = database_settings()
    assert settings["HOST"] == str(tmp_path / "postgres" / "socket")
    assert settings["PASSWORD"] == "secret"


def test_web_processes_share_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCORD_PROCESS", "web")
    settings = database_settings()
    assert settings["OPTIONS"]["pool"]["max_size"] > 1
    # Django refuses a pool together with persistent connections.
    assert settings["CONN_MAX_AGE"] == 0
    assert "pool" not in database_settings(pooled=False)["OPTIONS"]


@pytest.mark.parametrize("url", ["mysql://root:geheim@host/x", "geheim", "postgresql://[geheim"])
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(CannotStart, match="not a PostgreSQL address") as caught:
        parameters_of(url)
    assert "geheim" not in str(caught.value)


def test_unreachable_server_is_one_sentence_without_the_password() -> None:
    with pytest.raises(CannotStart, match=r"port=1: Connection refused") as caught:
        prepare_server("postgresql://ann:geheim@127.0.0.1:1/labels")
    assert "geheim" not in str(caught.value)


@pytest.mark.usefixtures("django_db_setup")
def test_a_missing_database_is_made() -> None:
    url = os.environ["DATABASE_URL"]
    missing = psycopg.conninfo.make_conninfo(url, dbname="accord_made_by_test")
    prepare_server(missing)
    try:
        with psycopg.connect(missing) as connection:
            assert connection.info.parameter_status("server_encoding") == "UTF8"
        prepare_server(missing)
    finally:
        drop(url, "accord_made_by_test")


@pytest.mark.usefixtures("django_db_setup")
def test_a_database_that_is_not_utf8_is_refused() -> None:
    url = os.environ["DATABASE_URL"]
    name = "accord_latin"
    statement = "CREATE DATABASE {} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
        builtin = connection.info.server_version >= 170000
        if builtin:
            statement += " LOCALE_PROVIDER libc"
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))
    try:
        with pytest.raises(CannotStart, match="stores LATIN1"):
            prepare_server(psycopg.conninfo.make_conninfo(url, dbname=name))
    finally:
        drop(url, name)


def drop(url: str, name: str) -> None:
    with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
