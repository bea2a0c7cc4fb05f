"""A watched process: started again when it dies, ever more slowly, with its errors shown."""

import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from config import children
from config.children import Child, last_line, rotate
from config.processes import wait_until_gone


def child_of(tmp_path: Path, code: str) -> Child:
    program = [sys.executable, "-c", code]
    return Child("part", program, log=tmp_path / "part.log", environ=dict(os.environ))


def watch_until(child: Child, told: list[str], count: int) -> None:
    deadline = time.monotonic() + 20
    while len(told) < count and time.monotonic() < deadline:
        child.watch(told.append)
        time.sleep(0.02)


def test_dies_and_comes_back_more_and_more_slowly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "_FIRST_PAUSE", 0.1)
    child = child_of(tmp_path, "raise SystemExit(3)")
    told: list[str] = []
    child.start()
    watch_until(child, told, 3)
    child.wait(5)
    assert [line.split(" (")[0] for line in told[:3]] == [
        f"part ended with exit code 3; starting it again in {pause} s" for pause in (0.1, 0.2, 0.4)
    ]


def test_what_lived_in_health_is_back_at_once() -> None:
    patience = children.Patience()
    assert [patience.pause(lived) for lived in (0.1, 0.1, 60, 0.1, 0.1)] == [0.5, 1, 0, 0.5, 1]
    assert max(patience.pause(0.1) for _ in range(20)) == 30


def test_a_large_log_is_moved_aside_under_its_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "_MOST_LOG_BYTES", 10)
    log = tmp_path / "part.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"short\n")
        assert not children.trim(log)
        writer.write(b"and longer\n")
        assert children.trim(log)
        writer.write(b"after\n")
    assert log.read_text() == "after\n"
    assert (tmp_path / "part.log.1").read_text() == "short\nand longer\n"
    assert not children.trim(tmp_path / "none.log")


def test_tells_errors_from_the_log_once(tmp_path: Path) -> None:
    child = child_of(tmp_path, "print('INFO fine'); print('2026 ERROR broken')")
    child.start()
    assert child.wait(10)
    assert child.new_alarms() == ["2026 ERROR broken"]
    assert child.new_alarms() == []
    assert last_line(child.log) == "2026 ERROR broken"


def test_a_signal_reaches_what_the_child_started(tmp_path: Path) -> None:
    code = (
        "import subprocess, time; sleeper = subprocess.Popen(['/bin/sleep', '60']);"
        " print(sleeper.pid, flush=True); time.sleep(60)"
    )
    child = child_of(tmp_path, code)
    child.start()
    while not child.log.read_text().endswith("\n"):
        time.sleep(0.02)
    sleeper = psutil.Process(int(child.log.read_text()))
    child.signal(signal.SIGKILL)
    assert child.wait(10)
    assert wait_until_gone([sleeper], 5) == []


def test_logs_rotate_and_the_oldest_goes(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    for number in range(6):
        log.write_text(str(number))
        rotate(log)
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept == {"part.log.1": "5", "part.log.2": "4", "part.log.3": "3"}


def test_an_empty_log_has_no_last_line(tmp_path: Path) -> None:
    assert last_line(tmp_path / "none.log") == "it said nothing"
