"""The demo's command: its arguments, its failures, and the first sign-in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.demo import parse_arguments
from config.homes import ROOT


def test_arguments() -> None:
    asked = parse_arguments(["--fast", "--data", "somewhere"])
    assert asked.fast
    assert not asked.keep
    assert asked.data == Path("somewhere")


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
