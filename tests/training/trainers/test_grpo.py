"""GRPO and RLOO from prompts to a policy that earns more, with figures and honest refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.configs import GroupConfig, GrpoConfig, RlooConfig
from training.trainers.grpo import train_grpo
from training.trainers.loop.command_line import CheckedOnly, StopWatch
from training.trainers.loop.step_loop import TrainingDivergedError
from training.trainers.rloo import train_rloo

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

REWARD = 'regex(pattern="[aeiou]")=1, length(target=12,unit=characters)=0.1'


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    file = tmp_path / "prompts.jsonl"
    rows = [{"prompt": f"Say something about number {n}.", "reference": "12"} for n in range(40)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def run_of(
    kind: str, path: Path, tiny: Path, prompts: Path, **changes: Any
) -> tuple[RunDir, GroupConfig]:
    given = {
        "model": str(tiny), "prompts_file": str(prompts), "rules": REWARD, "n": 4, "batch_size": 4,
        "accumulation": 2, "max_new_tokens": 6, "max_steps": 2, "evaluation_prompts": 2,
        "evaluate_every": 0, "learning_rate": 5e-3, "missing_eos_penalty": 0.0, "threads": 1,
        "constant_limit": 3, "beta": 0.01,
    }  # fmt: skip
    config = (GrpoConfig if kind == "grpo" else RlooConfig).from_dict(given | changes)
    run = RunDir(path)
    run.create(config.as_dict())
    return run, config


def trained(run: RunDir, config: GroupConfig) -> dict[str, Any]:
    if isinstance(config, GrpoConfig):
        return train_grpo(run, config, StopWatch(run))
    assert isinstance(config, RlooConfig)
    return train_rloo(run, config, StopWatch(run))


def steps_of(run: RunDir) -> list[dict[str, Any]]:
    return [line["metrics"] for line in run.read_progress()[0] if line["phase"] == "training"]


@pytest.mark.parametrize("kind", ["grpo", "rloo"])
def test_the_reward_rises(kind: str, tiny: Path, prompts: Path, tmp_path: Path) -> None:
    """Longer words are better; every weight learns, for random embeddings say nothing yet."""
    changes = {
        "tuning": "full", "learning_rate": 3e-2, "max_steps": 10, "batch_size": 8, "n": 8,
        "warmup_fraction": 0.0, "rules": "length(target=40,unit=characters)=1",
    }  # fmt: skip
    run, config = run_of(kind, tmp_path / "run", tiny, prompts, **changes)
    trained(run, config)
    rewards = [step["reward"] for step in steps_of(run)]
    assert sum(rewards[-3:]) / 3 > 1.4 * sum(rewards[:3]) / 3


def test_every_step_tells_its_figures(tiny: Path, prompts: Path, tmp_path: Path) -> None:
    run, config = run_of("grpo", tmp_path / "run", tiny, prompts)
    result = trained(run, config)
    assert result["state"] == "done"
    for step in steps_of(run):
        assert {
            "loss", "reward", "reward_deviation", "reward/regex", "reward_deviation/regex",
            "reward/length", "length", "finished", "entropy", "clip_fraction", "kl",
            "without_spread", "grad_norm", "learning_rate", "seconds_generate", "seconds_score",
            "seconds_learn", "tokens_per_second",
        } <= set(step)  # fmt: skip
        expected = step["reward/regex"] + 0.1 * step["reward/length"]
        assert step["reward"] == pytest.approx(expected)
        assert 0 <= step["without_spread"] <= 1
    assert steps_of(run)[0]["kl"] == pytest.approx(0, abs=1e-3)
    assert result["metrics"]["held_out_kl"] is not None


def test_without_a_pull_no_reference_is_asked(tiny: Path, prompts: Path, tmp_path: Path) -> None:
    run, config = run_of("grpo", tmp_path / "run", tiny, prompts, beta=0.0, max_steps=1)
    trained(run, config)
    assert "kl" not in steps_of(run)[0]
    assert steps_of(run)[0]["clip_fraction"] == 0


def test_how_a_step_is_cut_does_not_change_it(tiny: Path, prompts: Path, tmp_path: Path) -> None:
    weights = []
    for accumulation in (1, 4):
        changes = {"accumulation": accumulation, "max_steps": 1, "warmup_fraction": 0.0}
        run, config = run_of("grpo", tmp_path / f"run{accumulation}", tiny, prompts, **changes)
        trained(run, config)
        latest = run.latest_checkpoint()
        assert latest is not None
        weights.append(load_file(latest.path / "adapter_model.safetensors"))
    # Adam's first step is as large for any gradient: where it is near 0, rounding decides.
    gaps = torch.cat([(one - weights[1][name]).flatten() for name, one in weights[0].items()])
    assert float((gaps.abs() < 1e-4).float().mean()) > 0.98


def test_full_tuning_measures_from_a_model_of_its_own(
    tiny: Path, prompts: Path, tmp_path: Path
) -> None:
    changes = {"tuning": "full", "max_steps": 3, "learning_rate": 1e-3, "warmup_fraction": 0.0}
    run, config = run_of("rloo", tmp_path / "run", tiny, prompts, **changes)
    trained(run, config)
    drifts = [step["kl"] for step in steps_of(run)]
    assert drifts[0] == pytest.approx(0, abs=1e-4)
    assert abs(drifts[-1]) > 1e-3


def test_rewards_that_never_differ_end_the_run(tiny: Path, prompts: Path, tmp_path: Path) -> None:
    changes = {"rules": "exact_answer=1", "max_steps": 9}
    run, config = run_of("grpo", tmp_path / "run", tiny, prompts, **changes)
    with pytest.raises(TrainingDivergedError, match="Every reward of the last 3 steps is 0"):
        trained(run, config)
    assert all(step["without_spread"] == 1 for step in steps_of(run))


def test_a_check_reads_and_trains_nothing(tiny: Path, prompts: Path, tmp_path: Path) -> None:
    run, config = run_of("grpo", tmp_path / "run", tiny, prompts)
    with pytest.raises(CheckedOnly):
        train_grpo(run, config, StopWatch(run, check_only=True))  # type: ignore[arg-type]
    report = json.loads((run.path / "data_report.json").read_text())
    assert report["estimate"]["seconds"] > 0
    assert report["estimate"]["steps"] == 2
    assert not steps_of(run)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ratio": "sequence"}, "the loss dapo adds up tokens"),
        ({"loss": "luspo"}, "the loss luspo needs sequence"),
        ({"loss": "cispo"}, "epsilon_high is 0"),
        ({"n": 1}, "n is 1: give a number from 2"),
        ({"batch_size": 3, "minibatches": 2}, "batch_size is 3"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any], message: str) -> None:
    given = {"dataset": "d", "rules": "format=1", "accumulation": 2, "batch_size": 4}
    with pytest.raises(ConfigError, match=message):
        GrpoConfig.from_dict(given | changes)
