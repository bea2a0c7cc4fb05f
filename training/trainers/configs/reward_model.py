"""Settings of `training.trainers.reward_model`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.optimisation import ComparisonConfig

REWARD_LOSSES = ("pairwise", "plackett_luce")


@dataclass(frozen=True, kw_only=True)
class RewardModelConfig(ComparisonConfig):
    """Settings of `reward_model`."""

    trainer: ClassVar[str] = "reward_model"

    loss: str = option(
        "pairwise",
        "pairwise averages -log sigmoid(better - worse) over a prompt's pairs; plackett_luce is the"
        " likelihood of the whole order.",
        choices=REWARD_LOSSES,
    )
    criteria: str = option(
        "auto",
        "Heads of the model: auto gives each criterion of the training records a head of its own,"
        " one gives a single head for all, names with commas choose criteria and their order.",
        group="model",
    )
    members: int = option(
        1,
        "Reward models to train one after the other, each with a seed, a head and an order of the"
        " data of its own; their spread is what they are unsure of. Takes so many times as long.",
        minimum=1,
        maximum=64,
        group="model",
    )
    centering: float = option(
        0.0,
        "Weight of the squared sum of a comparison's two scores, which keeps scores near 0; 0.01 is"
        " usual.",
        minimum=0,
        maximum=10,
        group="optimisation",
    )

    @property
    def several_processes(self) -> bool:
        """Whether several processes may train such a run together: one loop, not nested runs."""
        return self.members == 1

    def check(self) -> None:
        super().check()
        if self.loss == "plackett_luce" and (self.margin_scale or self.label_smoothing):
            raise ConfigError(
                "margin_scale and label_smoothing are about pairs, and the loss plackett_luce has"
                " none: set both to 0, or take the loss pairwise."
            )
