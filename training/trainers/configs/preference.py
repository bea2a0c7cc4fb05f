"""Settings of `training.trainers.preference`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.optimisation import OptimisationConfig

PREFERENCE_LOSSES = (
    "dpo", "cdpo", "robust", "ipo", "ipo_sum", "hinge", "reverse_kl", "forward_kl", "js", "alpha",
    "dpop", "cpo", "simpo", "orpo", "rrhf", "plackett_luce",
)  # fmt: skip
"""The names of `training.trainers.losses.PREFERENCE_LOSSES`, without its torch; a test compares."""


@dataclass(frozen=True, kw_only=True)
class PreferenceConfig(OptimisationConfig):
    """Settings of `dpo`."""

    trainer: ClassVar[str] = "dpo"

    loss: str = option("dpo", "The preference loss.", choices=PREFERENCE_LOSSES)
    learning_rate: float = option(
        5e-5,
        "Peak learning rate: about 5e-5 with lora and 1e-6 in full.",
        minimum=0,
        maximum=1,
        group="optimisation",
    )
    beta: float = option(
        0.1,
        "Strength of the pull towards the reference model (ipo's tau; simpo wants about 2).",
        minimum=1e-6,
        maximum=100,
    )
    alpha: float = option(
        0.5,
        "Order of the divergence of the loss alpha.",
        minimum=0.001,
        maximum=0.999,
        group="optimisation",
    )
    target_margin: float = option(
        0.5, "simpo's gamma: the wanted difference of length-normalised rewards.",
        minimum=0, maximum=100, group="optimisation",
    )  # fmt: skip
    sft_weight: float = option(
        1.0,
        "Weight of the plain likelihood of the chosen response in cpo, orpo and rrhf.",
        minimum=0,
        maximum=100,
        group="optimisation",
    )
    dpop_lambda: float = option(
        50.0,
        "dpop's penalty when the chosen response gets less likely than under the reference.",
        minimum=0,
        maximum=1000,
        group="optimisation",
    )
    samples: int = option(
        2,
        "Held-out prompts answered at every evaluation, to be read beside the curves.",
        minimum=0,
        maximum=64,
        group="evaluation",
    )
    sample_tokens: int = option(
        48, "Length of those answers in tokens.", minimum=1, maximum=4096, group="evaluation"
    )

    def check(self) -> None:
        super().check()
        if self.loss in ("cdpo", "robust") and self.label_smoothing == 0:
            raise ConfigError(
                f"label_smoothing is 0 but the loss {self.loss} is made for flipped labels:"
                " give their share, for example 0.1, or take the loss dpo."
            )
