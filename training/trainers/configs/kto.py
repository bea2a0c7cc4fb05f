"""Settings of `training.trainers.kto`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.policy import ReferencedConfig

KTO_LOSSES = {"kto": "kto", "apo_zero": "apo_zero_unpaired"}
"""Our names of the losses, and TRL's."""


@dataclass(frozen=True, kw_only=True)
class KtoConfig(ReferencedConfig):
    """Settings of `kto`."""

    trainer: ClassVar[str] = "kto"

    data: str = option(
        "auto",
        "Which records teach good and bad: unpaired are single responses judged by themselves, of"
        " preference and ranking each response counts by the comparisons it won; auto takes the"
        " first of these that the directory has.",
        choices=("auto", "unpaired", "preference", "ranking"),
    )
    loss: str = option(
        "kto",
        "kto compares with the policy's mean drift from the reference, apo_zero with no drift.",
        choices=tuple(KTO_LOSSES),
    )
    beta: float = option(
        0.1, "Strength of the pull towards the reference model.", minimum=1e-6, maximum=100
    )
    good_weight: float = option(
        0.0,
        "Weight of good responses; 0 gives them together as much weight as the bad ones.",
        minimum=0,
        maximum=1000,
        group="optimisation",
    )
    bad_weight: float = option(
        1.0, "Weight of bad responses.", minimum=0, maximum=1000, group="optimisation"
    )
    label_weights: str = option(
        "posterior",
        "posterior weighs each response by the probability that its label is right, equal trusts"
        " every label alike.",
        choices=("posterior", "equal"),
    )

    def check(self) -> None:
        super().check()
        if self.loss == "kto" and self.batch_size < 2:
            raise ConfigError(
                "batch_size is 1, but kto measures the drift over the batch: give at least 2, or"
                " take the loss apo_zero."
            )
        if self.good_weight == 0 and self.bad_weight == 0:
            raise ConfigError(
                "bad_weight and good_weight are 0, which leaves nothing to learn: raise one."
            )
