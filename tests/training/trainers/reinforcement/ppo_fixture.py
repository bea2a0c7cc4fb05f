"""Small runs of PPO, ready to be asked step by step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.run_dir import RunDir
from training.trainers.configs import PpoConfig, RewardModelConfig
from training.trainers.data.prompt_rows import PromptRow, read_prompt_rows
from training.trainers.loop.command_line import StopWatch
from training.trainers.loop.processes import Processes
from training.trainers.loop.starting import Start, start_run
from training.trainers.policies.sampling import Sampled
from training.trainers.reinforcement.casting import Cast, cast_roles
from training.trainers.reinforcement.experience import (
    Part,
    ReadPart,
    read_part,
    set_advantages,
)
from training.trainers.reinforcement.updates import Updates
from training.trainers.reward_model import train_reward_model

PREFERS_LENGTH = "length(target=20)=1"


def settings(dataset: Path, model: Path, **changes: Any) -> PpoConfig:
    """A configuration of few and short responses."""
    values: dict[str, Any] = {
        "dataset": str(dataset), "model": str(model), "threads": 1, "batch_size": 4, "n": 2,
        "max_new_tokens": 6, "max_steps": 2, "evaluate_every": 0, "evaluation_prompts": 2,
        "learning_rate": 1e-3, "samples": 0, "checkpoint_every": 1,
    }  # fmt: skip
    if not {"reward_model", "reward_function"} & changes.keys():
        values["rules"] = PREFERS_LENGTH
    return PpoConfig.from_dict(values | changes)


def configured(path: Path, config: PpoConfig) -> RunDir:
    """A run's folder with its configuration."""
    run = RunDir(path)
    run.create(config.as_dict())
    return run


def trained_judge(path: Path, dataset: Path, model: Path, **changes: Any) -> Path:
    """A reward model's run of a few steps."""
    values = {
        "dataset": str(dataset), "model": str(model), "threads": 1, "max_steps": 2,
        "evaluate_every": 0, "evaluation_prompts": 2, "learning_rate": 3e-2, "lora_rank": 4,
    }  # fmt: skip
    config = RewardModelConfig.from_dict(values | changes)
    run = RunDir(path)
    run.create(config.as_dict())
    train_reward_model(run, config, StopWatch(run))
    return path


@dataclass
class Ready:
    """A run that could begin: its roles and the prompts it would train on."""

    run: RunDir
    config: PpoConfig
    start: Start
    cast: Cast

    @property
    def prompts(self) -> list[PromptRow]:
        return [row for row in self.start.train if isinstance(row, PromptRow)]


def ready(path: Path, config: PpoConfig) -> Ready:
    """Model, roles and prompts of a run."""
    run = configured(path, config)
    start = start_run(run, config, reward=False, read=read_prompt_rows)
    return Ready(run, config, start, cast_roles(run, start, config))


def answered(prompt: PromptRow, *responses: list[int]) -> Part:
    """A part of one prompt with responses that end in the last of these tokens."""
    answers = [Sampled(text="x", tokens=[*r], finished=True, logp=0.0) for r in responses]
    return Part([prompt], [answers])


def read_with_advantages(
    found: Ready, parts: list[Part], scores: list[float], **changes: Any
) -> list[ReadPart]:
    """The parts as learning gets them."""
    read = [read_part(part, found.cast.roles, found.config) for part in parts]
    set_advantages(
        read, torch.tensor(scores), found.config, coefficient=found.config.kl_coefficient,
        processes=Processes(),
    )  # fmt: skip
    for part in read:
        for name, value in changes.items():
            setattr(part, name, value(part))
    return read


def updates_of(found: Ready, config: PpoConfig | None = None) -> Updates:
    """What learns in the run."""
    return Updates(found.cast.roles, config or found.config, Processes())


def copied(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights as they are now."""
    return {name: weight.detach().clone() for name, weight in weights.items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Whether all bits are equal."""
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)
