"""Two Ray workers make the curve of one process. Skips where Ray, which is optional, is missing."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from training.run_dir import RunDir
from training.trainers import on_ray
from training.trainers.configs import PpoConfig, RewardModelConfig
from training.trainers.loop.command_line import StopWatch
from training.trainers.ppo import train_ppo
from training.trainers.reward_model import train_reward_model

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
ROOT = Path(__file__).resolve().parents[3]


def test_without_ray_it_says_how_to_have_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert on_ray.main(["reward_model", str(tmp_path)]) == 1
    assert 'run `pip install "ray[train]"`' in capsys.readouterr().err


def on_two_workers(run: RunDir) -> subprocess.CompletedProcess[str]:
    trainer = str(run.config()["trainer"])
    command = [sys.executable, "-m", "training.trainers.on_ray", trainer, str(run.path)]
    return subprocess.run(
        [*command, "--workers", "2"],
        cwd=ROOT,
        env=os.environ | {"RAY_TRAIN_V2_ENABLED": "1"},
        capture_output=True,
        text=True,
        timeout=540,
    )


def losses(run: RunDir) -> list[tuple[int, float]]:
    records = [r for r in run.read_progress()[0] if r["phase"] == "training"]
    return [(r["step"], r["metrics"]["loss"]) for r in records]


def test_two_workers_make_the_curve_of_one_process(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    config = RewardModelConfig.from_dict(
        {
            "dataset": str(pairs_dir), "model": str(tiny), "device": "cpu", "threads": 1,
            "batch_size": 4, "max_steps": 8, "checkpoint_every": 3, "learning_rate": 1e-3,
            "evaluation_prompts": 4,
        }
    )  # fmt: skip
    alone, several = RunDir(tmp_path / "alone"), RunDir(tmp_path / "several")
    for run in (alone, several):
        run.create(config.as_dict())
    train_reward_model(alone, config, StopWatch(alone))
    done = on_two_workers(several)
    assert done.returncode == 0, done.stderr[-4000:]
    assert several.state() == "done"
    assert [step for step, _ in losses(several)] == list(range(1, 9))
    assert losses(several) == [
        (step, pytest.approx(loss, rel=2e-4)) for step, loss in losses(alone)
    ]
    assert not (several.path / "ray").exists()


def test_two_workers_write_and_learn_what_one_process_does(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    pytest.importorskip("ray")
    config = PpoConfig.from_dict(
        {
            "dataset": str(pairs_dir), "model": str(tiny), "device": "cpu", "threads": 1,
            "rules": "length(target=4)=1", "batch_size": 4, "n": 2, "max_new_tokens": 8,
            "max_steps": 3, "evaluation_prompts": 4, "learning_rate": 1e-3, "samples": 1,
        }
    )  # fmt: skip
    alone, several = RunDir(tmp_path / "alone"), RunDir(tmp_path / "several")
    for run in (alone, several):
        run.create(config.as_dict())
    train_ppo(alone, config, StopWatch(alone))
    done = on_two_workers(several)
    assert done.returncode == 0, done.stderr[-4000:]
    ours, theirs = (
        [r["metrics"]["reward"] for r in run.read_progress()[0] if r["phase"] == "training"]
        for run in (several, alone)
    )
    assert len(theirs) == 3
    assert ours == pytest.approx(theirs, rel=1e-3)


def test_a_refusal_of_the_trainer_is_the_launchers_too(tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    run = RunDir(tmp_path / "run")
    config = RewardModelConfig.from_dict({"dataset": str(tmp_path / "no"), "model": str(tiny)})
    run.create(config.as_dict())
    done = on_two_workers(run)
    assert done.returncode == 1
    assert run.error()
    assert run.error() in done.stderr
