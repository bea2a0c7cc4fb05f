"""The look before a run: it measures, estimates, and leaves no trace in the run's numbers."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from training.run_dir import RunDir
from training.trainers import reward_model
from training.trainers.configs import RewardModelConfig
from training.trainers.data.batch_plan import BatchPlan
from training.trainers.loop.command_line import CheckedOnly, StopWatch
from training.trainers.loop.measured_step import Measured, estimate_of, first_look, telling_batches
from training.trainers.loop.starting import start_run
from training.trainers.reward_model import RewardLearner, train_reward_model


def configured(path: Path, dataset: Path, model: Path, **changes: Any) -> tuple[RunDir, Any]:
    values = {
        "dataset": str(dataset), "model": str(model), "threads": 1, "max_steps": 4,
        "batch_size": 4, "evaluate_every": 2, "evaluation_prompts": 4, "learning_rate": 1e-3,
    }  # fmt: skip
    run, config = RunDir(path), RewardModelConfig.from_dict(values | changes)
    run.create(config.as_dict())
    return run, config


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_weights_gradients_and_random_states_are_as_before(
    tuning: str, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, config = configured(tmp_path / "run", pairs_dir, tiny, tuning=tuning)
    start = start_run(run, config, reward=True)
    stop = StopWatch(run)
    learner = RewardLearner(run, start, config, stop)
    before = {name: value.clone() for name, value in start.model.state_dict().items()}
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    prepared: list[int] = []
    first_look(
        run, config, learner, start.train, start.held_out, stop,
        prepare=lambda batch: prepared.append(len(batch)),
    )  # fmt: skip
    assert prepared == [4, 4, 4]
    assert all(torch.equal(before[n], v) for n, v in start.model.state_dict().items())
    assert all(parameter.grad is None for parameter in start.model.parameters())
    assert torch.equal(states[0], torch.get_rng_state())
    assert states[1] == random.getstate()
    assert states[2] == np.random.get_state()[1].tolist()
    report = json.loads((run.path / "data_report.json").read_text())
    assert report["estimate"]["steps"] == 4
    assert 0 < report["estimate"]["seconds"] < 600
    assert report["estimate"]["memory_bytes"] > 1e6
    (line,) = [r for r in run.read_progress()[0] if r["phase"] == "measuring"]
    assert line["metrics"]["estimated_seconds"] == report["estimate"]["seconds"]


def test_a_run_is_the_same_with_and_without_the_look(
    tiny: Path, pairs_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = []
    for name in ("with", "without"):
        run, config = configured(tmp_path / name, pairs_dir, tiny)
        if name == "without":
            monkeypatch.setattr(reward_model, "first_look", lambda *args, **more: None)
        train_reward_model(run, config, StopWatch(run))
        file = run.checkpoints()[-1].path / "adapter_model.safetensors"
        ends.append(file.read_bytes())
    assert ends[0] == ends[1]


def test_a_check_trains_nothing_and_a_resumed_run_is_not_measured_again(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, config = configured(tmp_path / "run", pairs_dir, tiny)
    with pytest.raises(CheckedOnly):
        train_reward_model(run, config, StopWatch(run, check_only=True))
    assert run.latest_checkpoint() is None
    train_reward_model(run, config, StopWatch(run))
    (run.path / "data_report.json").unlink()
    train_reward_model(run, config, StopWatch(run))
    assert "estimate" not in json.loads((run.path / "data_report.json").read_text())


def test_batches_of_few_middling_and_most_tokens() -> None:
    plan = BatchPlan(
        lengths=tuple(range(1, 21)), batch_size=2, accumulation=2, epochs=1, max_steps=0, seed=0
    )
    few, middling, most = ([plan.lengths[i] for i in b] for b in telling_batches(plan))
    assert sum(few) < sum(middling) < sum(most)
    assert sum(most) == 39


def test_the_estimate_is_a_line_through_what_was_measured() -> None:
    """1 s and 0.01 s per token for all, a third of it forward: 10 batches of 100 tokens."""
    plan = BatchPlan(
        lengths=(50,) * 20, batch_size=2, accumulation=1, epochs=1, max_steps=0, seed=0
    )
    config = RewardModelConfig.from_dict({"dataset": "d", "batch_size": 2, "evaluate_every": 0})
    measured = [Measured(100, 2 / 3, 2.0), Measured(200, 1.0, 3.0)]
    found = estimate_of(measured, plan, config, [])
    assert found["seconds"] == pytest.approx(20.0)
    assert found["seconds_per_step"] == pytest.approx(2.0)
    alike = estimate_of([Measured(100, 1.0, 2.0)] * 2, plan, config, [])
    assert alike["seconds"] == pytest.approx(20.0)
