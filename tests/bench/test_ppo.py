"""Figures of the benchmark of PPO from given steps."""

from __future__ import annotations

import json

import pytest

from bench import ppo
from bench.contract import report
from bench.ppo_trl import Case

CASE = Case(
    model="m", reward_model="r", prompts="p", batch=2, n=4, response=64, steps=3, epochs=4,
    tuning="lora", learning_rate=1e-5, threads=2,
)  # fmt: skip


def steps(generate: float, score: float, learn: float) -> list[dict[str, float]]:
    one = {
        "seconds_generate": generate, "seconds_score": score, "seconds_learn": learn,
        "length": 60.0, "peak_mb": 900.0,
    }  # fmt: skip
    return [one | {"seconds_learn": 1000.0}, one, one]


def test_samples_per_second_are_those_of_all_phases_after_the_first_step(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report(**ppo.report_of("samples_speedup_vs_trl", CASE, steps(1, 1, 2), steps(2, 2, 6)))
    figure = json.loads(capsys.readouterr().out)
    assert (figure["ours"], figure["peer"]) == (2.0, 0.8)
    assert figure["ratio"] == pytest.approx(2.5)
    assert figure["met"] is True
    assert "2 prompts x 4 responses of at most 64 tokens, 4 passes, lora" in figure["detail"]
    assert "generate 1.0 s, score 1.0 s, learn 2.0 s, 60 tokens, 900 MB" in figure["detail"]


def test_what_cannot_be_measured_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--steps", "1"], ["--only", "speed,looks"]):
        with pytest.raises(SystemExit):
            ppo._options(words)
    assert "--only takes speed, memory, gain" in capsys.readouterr().err
    assert ppo._options(["--only", "gain, memory"]).only == ["gain", "memory"]
