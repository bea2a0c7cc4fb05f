"""The log's tail, and the sentence about a trainer that ended without a word."""

from __future__ import annotations

import subprocess
import sys

import pytest

from training.launching import (
    EXIT_NOT_UNDERSTOOD,
    ask_to_leave,
    death_sentence,
    log_tail,
    start_trainer,
)
from training.run_dir import RunDir


def test_the_tail_is_short_and_progress_bars_count_as_their_last_state(tmp_path) -> None:
    log = tmp_path / "log.txt"
    assert log_tail(log, lines=5) == []
    log.write_bytes(b"first\n" + b"x" * 70_000 + b"\n10%\r50%\r100%\n\nlast \xff\n")
    assert log_tail(log, lines=2) == ["100%", "last \ufffd"]


def test_the_sentence_names_the_signal_and_the_last_words(tmp_path) -> None:
    folder = RunDir(tmp_path)
    assert "its log is empty" in death_sentence(folder, starts=3, status=None)
    folder.log_path.write_text("loading\nMemoryError\n")
    sentence = death_sentence(folder, starts=3, status=-9)
    assert "signal 9 (SIGKILL), often a lack of memory 3 times" in sentence
    assert "loading / MemoryError" in sentence


def test_a_command_line_that_was_refused_is_no_matter_of_tries(tmp_path) -> None:
    folder = RunDir(tmp_path)
    folder.log_path.write_text("error: unrecognized arguments: --check\n")
    sentence = death_sentence(folder, starts=1, status=EXIT_NOT_UNDERSTOOD)
    assert "refused its command line (exit code 2); the last lines" in sentence
    assert "unrecognized arguments: --check. Read the log, and start a new run." in sentence


def test_nobody_is_signalled_when_the_recorded_process_no_longer_holds_the_lock(tmp_path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        folder = RunDir(tmp_path)
        folder.lock_path.write_text(str(bystander.pid))
        ask_to_leave(folder)
        bystander.communicate(b"\n")
    assert bystander.returncode == 0


@pytest.mark.parametrize("given", [None, "ACTIVE"])
def test_idle_threads_sleep_beside_the_pages_unless_somebody_says_otherwise(
    given, tmp_path, monkeypatch
) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if given:
        monkeypatch.setenv("OMP_WAIT_POLICY", given)
    tell = tmp_path / "tell.py"
    tell.write_text("import os; print(os.environ['OMP_WAIT_POLICY'])")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    folder = RunDir(tmp_path / "run")
    folder.path.mkdir()
    assert start_trainer(folder, module="tell").wait() == 0
    assert folder.log_path.read_text() == f"{given or 'PASSIVE'}\n"
