"""The demo's command: its arguments, its failures, and the first sign-in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.demo import heed_signals, parse_arguments, password_of
from bench.demo_labeling import StageFailedError
from config.homes import ROOT
from config.supervising import Supervisor


def test_arguments() -> None:
    asked = parse_arguments(["--fast", "--data", "somewhere"])
    assert asked.fast
    assert not asked.keep
    assert asked.data == Path("somewhere")


def test_the_admins_password_is_found_among_what_is_printed() -> None:
    lines = ["Sign in as (shown only now):", "  admin      s3cret-word", "  labeler    other"]
    assert password_of("admin", lines) == "s3cret-word"
    with pytest.raises(StageFailedError, match="no password for admin"):
        password_of("admin", lines[:1])


def test_unusable_data_is_one_sentence_and_a_failure(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.demo", "--data", str(tmp_path / "none.jsonl")],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.strip().endswith("does not exist: name a file or folder that does.")
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_first_signal_ends_in_order_and_the_second_hurries(tmp_path: Path) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    supervisor = Supervisor(tmp_path / "home", database_url="")
    try:
        heed_signals(supervisor)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        assert not supervisor.hurry
        os.kill(os.getpid(), signal.SIGINT)
        assert supervisor.hurry
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
