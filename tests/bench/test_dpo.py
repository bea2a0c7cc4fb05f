"""Figures of the benchmark of DPO from given steps, and the line to a side."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bench import dpo
from bench.dpo_side import Case

ANSWERS = """
import json, sys
print(json.dumps({"reference_seconds": 7.0, "peak_mb": 1.0}), flush=True)
for number, line in enumerate(sys.stdin):
    step = {"seconds": 10.0 - number, "loss": 0.5, "peak_mb": 2.0 + number}
    print(json.dumps(step), flush=True)
"""


def test_a_side_does_a_step_when_it_is_told_to_and_its_first_is_not_timed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ANSWERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        side = dpo.Side("ours", process)
        for _ in range(4):
            side.step()
        assert process.stdin
        process.stdin.close()
    found = side.measured()
    assert found.seconds == [9.0, 8.0, 7.0]
    assert (found.step, found.peak_mb, found.reference_seconds) == (8.0, 5.0, 7.0)
    assert len(found.losses) == 4


def test_a_side_that_ends_is_named() -> None:
    with (
        subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE, text=True) as process,
        pytest.raises(RuntimeError, match="The side trl ended early"),
    ):
        dpo.Side("trl", process)


def test_figures(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def measured(case: Case) -> tuple[dpo.Measured, dpo.Measured]:
        theirs = 3.0 if case.prompt == 256 else 1.2
        return (
            dpo.Measured([1.0], [0.69, 0.60], 800.0, 5.0),
            dpo.Measured([theirs], [0.69, 0.60005], 1000.0, 9.0),
        )

    monkeypatch.setattr(dpo, "measure", measured)
    monkeypatch.setattr(sys, "argv", ["dpo", "--steps", "2"])
    dpo.main()
    figures = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = {figure["name"]: (figure["ours"], figure["met"]) for figure in figures}
    assert found["step_speedup_vs_trl"] == (3.0, True)
    assert found["step_speedup_vs_trl_short"] == (1.2, False)
    assert found["memory_ratio_vs_trl"] == (0.8, True)
    assert found["loss_max_abs_diff"] == (pytest.approx(5e-5), True)
    assert "with LoRA 1.00 s against 3.00 s" in figures[0]["detail"]
