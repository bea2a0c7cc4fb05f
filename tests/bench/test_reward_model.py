"""The figures of the benchmark of reward models, by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.reward_model import _real_folder, _report_accuracy, _report_speed


def figures(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {line["name"]: line for line in lines}


def test_the_lower_end_is_that_of_students_interval(capsys: pytest.CaptureFixture[str]) -> None:
    _report_accuracy("kway", [(0.82, 0.80), (0.80, 0.80), (0.81, 0.80)], goal=-0.01)
    found = figures(capsys)["kway_accuracy_gain_low"]
    # Differences 0.02, 0, 0.01: mean 0.01, deviation 0.01, t(2) at 97.5% is 4.303.
    assert found["ours"] == pytest.approx(0.01 - 4.303 * 0.01 / 3**0.5, abs=1e-5)
    assert not found["met"]


def test_speed_is_per_prompt_and_memory_a_share(capsys: pytest.CaptureFixture[str]) -> None:
    measured = {
        way: {"seconds": [1.0], "per_prompt": seconds, "peak_mb": peak}
        for way, seconds, peak in [("kway", 1.0, 900), ("unshared", 1.5, 950), ("trl", 7.0, 1000)]
    }
    _report_speed("kway", measured, goals=(6, 1.8, 1))
    found = figures(capsys)
    assert (found["kway_speedup_vs_trl"]["ours"], found["kway_speedup_vs_trl"]["met"]) == (7, True)
    assert found["kway_speedup_vs_unshared"]["met"] is False
    assert found["kway_memory_ratio_vs_trl"]["ours"] == 0.9
    assert found["kway_memory_ratio_vs_trl"]["met"]


def test_where_the_real_answers_lie(tmp_path: Path) -> None:
    assert _real_folder("") is None
    assert _real_folder(str(tmp_path)) is None
    folder = tmp_path / "finegrained_rlhf_qa"
    folder.mkdir()
    (folder / "dev_feedback.json").write_text("[]")
    assert _real_folder(str(tmp_path)) == _real_folder(str(folder)) == folder
