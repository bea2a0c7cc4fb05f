"""Held-out agreement of reward models and policies, with intervals, baselines and a verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from training.run_dir import RunDir
from training.trainers.command_line import StopWatch
from training.trainers.config_fields import ConfigError
from training.trainers.configs import EvaluateConfig
from training.trainers.evaluate import evaluate
from training.trainers.labelled_prompts import DataError
from training.trainers.model_loading import load_policy, load_reward_model, save_checkpoint


def evaluated(path: Path, dataset: Path, model: Path, **changes: Any) -> tuple[RunDir, Any]:
    run = RunDir(path)
    values = {"dataset": str(dataset), "model": str(model), "threads": 1, "resamples": 200}
    config = EvaluateConfig.from_dict(values | changes)
    run.create(config.as_dict())
    return run, evaluate(run, config, StopWatch(run))


@pytest.fixture
def reward_model(tiny: Path, tmp_path: Path) -> Path:
    loaded = load_reward_model(str(tiny), new_head=True)
    torch.manual_seed(0)
    torch.nn.init.normal_(loaded.model.score.weight)
    folder = tmp_path / "reward"
    folder.mkdir()
    save_checkpoint(
        folder, model=loaded.model, tokenizer=loaded.tokenizer, base=None,
        about={"kind": "reward_model"},
    )  # fmt: skip
    return folder


def test_a_reward_model(reward_model: Path, pairs_dir: Path, tmp_path: Path) -> None:
    run, result = evaluated(tmp_path / "run", pairs_dir, reward_model)
    report = json.loads((run.outputs_path / "report.json").read_text())
    overall = report["overall"]
    assert (report["scoring"], report["split"], overall["pairs"]) == ("reward", "test", 16)
    assert overall["accuracy_low"] <= overall["accuracy"] <= overall["accuracy_high"]
    assert overall["accuracy_longer"] + overall["accuracy_shorter"] == pytest.approx(1)
    assert sum(part["pairs"] for part in report["by_language"].values()) == 16
    assert set(report["by_strength"]) == {"better"}
    assert result["metrics"]["verdict"] == report["verdict"]
    assert "chance" in report["verdict"]


def test_a_policy_by_likelihood_and_against_itself(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    _, result = evaluated(tmp_path / "a", pairs_dir, tiny)
    assert result["metrics"]["scoring"] == "likelihood"
    _, result = evaluated(tmp_path / "b", pairs_dir, tiny, reference=str(tiny))
    assert result["metrics"]["scoring"] == "implicit"
    assert result["metrics"]["accuracy"] == 0.5
    assert "no better than chance" in result["metrics"]["verdict"]


def test_implicit_rewards_find_their_reference_in_the_checkpoint(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    loaded = load_policy(str(tiny))
    with torch.no_grad():
        loaded.model.model.norm.weight.mul_(1.5)
    folder = tmp_path / "policy"
    folder.mkdir()
    save_checkpoint(
        folder, model=loaded.model, tokenizer=loaded.tokenizer, base=None,
        about={"kind": "policy", "starting_model": str(tiny)},
    )  # fmt: skip
    run, result = evaluated(tmp_path / "run", pairs_dir, folder, split="validation")
    report = json.loads((run.outputs_path / "report.json").read_text())
    assert report["reference"] == str(tiny)
    assert result["metrics"]["split"] == "validation"
    assert [r["step"] for r in run.read_progress()[0] if r["phase"] == "evaluating"] == [1, 2, 3, 4]


def test_what_cannot_be_scored_is_refused(
    tiny: Path, pairs_dir: Path, rankings_dir: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="reference is empty"):
        evaluated(tmp_path / "a", pairs_dir, tiny, scoring="implicit")
    with pytest.raises(ConfigError, match="has no reward head"):
        evaluated(tmp_path / "b", pairs_dir, tiny, scoring="reward")
    with pytest.raises(DataError, match="no preference records"):
        evaluated(tmp_path / "c", rankings_dir, tiny)
