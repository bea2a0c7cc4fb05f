"""Trainers measured from outside, on stand-ins that end, stop when asked, or fail."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import trainer_runs

STAND_IN = """
import sys, time
from training.run_dir import RunDir
run = RunDir(sys.argv[3])
run.create({"trainer": "stand-in", "words": sys.argv[4:]})
block = bytearray(80 * 2**20)
run.append_progress({"step": 1, "phase": "training", "metrics": {"loss": 0.5}})
if "--fail" in sys.argv:
    run.write_error("The stand-in fails: as it was told.")
    sys.exit(1)
while "--wait" in sys.argv and not run.stop_requested():
    time.sleep(0.01)
sys.exit(75 if run.stop_requested() else 0)
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{STAND_IN}' \"$@\"\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))


def test_a_run_that_ends_is_measured(stand_in: None, tmp_path: Path) -> None:
    ran = trainer_runs.run_trainer("sft", tmp_path / "run", {"epochs": 2, "model": "tiny"})
    assert ran.run.config()["words"] == ["--epochs", "2", "--model", "tiny"]
    [line] = ran.metrics("training")
    assert (line["loss"], line["step"], line["time"] > 0) == (0.5, 1, True)
    assert ran.metrics("evaluating") == []
    assert ran.peak_mb > 80


def test_a_run_is_asked_to_stop_when_its_minutes_are_over(stand_in: None, tmp_path: Path) -> None:
    ran = trainer_runs.run_trainer("sft", tmp_path / "run", {"wait": 1}, minutes=0.01)
    assert ran.run.stop_requested()
    assert ran.seconds < 30


def test_a_run_that_fails_says_why(stand_in: None, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="sft failed: The stand-in fails: as it was told"):
        trainer_runs.run_trainer("sft", tmp_path / "run", {"fail": 1})
