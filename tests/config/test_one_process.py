"""One process for several machines: it wants a database, waits for it, and becomes its program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from config.addresses import free_port_or_given
from config.homes import ROOT

COMMAND = [sys.executable, "-m", "config.supervising"]


def environ(home: Path, **more: str) -> dict[str, str]:
    return os.environ | {"ACCORD_HOME": str(home), **more}


def refused(home: Path, *words: str, **more: str) -> str:
    done = subprocess.run(
        [*COMMAND, *words], cwd=ROOT, env=environ(home, **more), capture_output=True, text=True
    )
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize("words", [["web"], ["worker", "light"], ["prepare"]])
def test_without_a_database_it_says_what_is_missing(tmp_path: Path, words: list[str]):
    assert "set DATABASE_URL to it, or start everything" in refused(
        tmp_path, *words, DATABASE_URL=""
    )
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize("words", [["worker"], ["worker", "web"], ["worker", "light", "now"]])
def test_unknown_processes_are_named(tmp_path: Path, words: list[str]):
    said = refused(tmp_path, *words)
    assert f"There is no `./run {' '.join(words)}`" in said
    assert "`./run worker light`" in said


@pytest.mark.long
def test_prepared_once_it_serves_as_the_very_process_that_was_started(tmp_path: Path):
    """Over a database of its own on the server of the tests."""
    base = os.environ["DATABASE_URL"]
    url = (
        base.replace("dbname=accord", "dbname=apart")
        if "dbname=" in base
        else f"{base.rpartition('/')[0]}/apart"
    )
    secret = tmp_path / "url"
    secret.write_text(url)
    port = free_port_or_given("127.0.0.1", 0)
    given = environ(tmp_path, DATABASE_URL="", DATABASE_URL_FILE=str(secret), PORT=str(port))
    done = subprocess.run(
        [*COMMAND, "prepare"], cwd=ROOT, env=given, capture_output=True, text=True
    )
    if "permission denied to create database" in done.stderr:
        pytest.skip("this server lets nobody make a database")
    assert done.returncode == 0, done.stderr
    assert "admin" in done.stdout
    web = subprocess.Popen(
        [*COMMAND, "web"], cwd=ROOT, env=given, stderr=subprocess.PIPE, text=True
    )
    try:
        said = _first_answer(f"http://127.0.0.1:{port}/readyz", web)
        assert said["checks"]["migrations"]["ok"]
        assert said["status"] == "degraded"
    finally:
        web.send_signal(signal.SIGTERM)
        _, errors = web.communicate(timeout=30)
    assert web.returncode == 0, errors


def _first_answer(url: str, web: subprocess.Popen[str]) -> dict[str, dict[str, dict[str, bool]]]:
    for _ in range(600):
        assert web.poll() is None
        try:
            return requests.get(url, timeout=1).json()
        except requests.RequestException:
            time.sleep(0.1)
    pytest.fail("it does not answer")
