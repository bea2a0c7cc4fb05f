"""Settings of `training.trainers.evaluate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.machine import TINY_MODEL, MachineConfig


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(MachineConfig):
    """Settings of `evaluate`."""

    trainer: ClassVar[str] = "evaluate"

    dataset: str = option("", "The dataset directory with the held-out pairs.")
    split: str = option(
        "test",
        "Which split to judge; validation is taken where there is no test.",
        choices=("train", "validation", "test"),
    )
    scoring: str = option(
        "auto",
        "How pairs are scored: reward by a reward model, implicit by a policy's gain over"
        " `reference`, likelihood by log p per token; auto looks at the model.",
        choices=("auto", "reward", "implicit", "likelihood"),
    )
    reference: str = option(
        "",
        "The policy's starting model, for implicit rewards; empty takes the one its checkpoint"
        " names.",
        group="model",
    )
    max_length: int = option(1024, "Records longer than this are left out and counted.", minimum=8)
    batch_size: int = option(8, "Prompts per forward pass.", minimum=1, maximum=4096)
    limit: int = option(0, "Prompts to judge at most; 0 judges all.", minimum=0)
    resamples: int = option(
        2000, "Bootstrap resamples for the intervals.", minimum=100, maximum=100000
    )

    def check(self) -> None:
        super().check()
        if not self.dataset:
            raise ConfigError("dataset is empty: name the dataset directory to evaluate on.")
        if self.model == TINY_MODEL:
            raise ConfigError(
                "model is 'tiny', which has learned nothing yet: name a run's checkpoint folder."
            )
