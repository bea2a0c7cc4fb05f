"""Settings of `training.trainers.reward_model`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import option
from training.trainers.configs.optimisation import OptimisationConfig

REWARD_LOSSES = ("pairwise", "plackett_luce")


@dataclass(frozen=True, kw_only=True)
class RewardModelConfig(OptimisationConfig):
    """Settings of `reward_model`."""

    trainer: ClassVar[str] = "reward_model"

    loss: str = option(
        "pairwise",
        "pairwise averages -log sigmoid(better - worse) over a prompt's pairs; plackett_luce is the"
        " likelihood of the whole order.",
        choices=REWARD_LOSSES,
    )
    centering: float = option(
        0.0,
        "Weight of the mean squared score, which keeps scores near 0.",
        minimum=0,
        maximum=10,
        group="optimisation",
    )
