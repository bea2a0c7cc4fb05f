"""Settings of `training.trainers.preference`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.optimisation import ComparisonConfig
from training.trainers.configs.policy import ReferencedConfig

REFERENCED_LOSSES = (
    "dpo", "dpo_norm", "cdpo", "robust", "ipo", "ipo_sum", "hinge", "reverse_kl", "forward_kl",
    "js", "alpha", "dpop", "dpo_rao_kupper", "dpo_davidson", "plackett_luce",
)  # fmt: skip
REFERENCE_FREE_LOSSES = ("cpo", "simpo", "orpo", "rrhf", "slic")
PREFERENCE_LOSSES = (*REFERENCED_LOSSES, *REFERENCE_FREE_LOSSES)
"""The names of `training.trainers.losses.catalog`, without its torch; a test compares."""


@dataclass(frozen=True, kw_only=True)
class PreferenceConfig(ReferencedConfig, ComparisonConfig):
    """Settings of `dpo`."""

    trainer: ClassVar[str] = "dpo"

    loss: str = option("dpo", "The preference loss.", choices=PREFERENCE_LOSSES)
    beta: float = option(
        0.1,
        "Strength of the pull towards the reference model (ipo's tau; simpo wants about 2, dpo_norm"
        " about 5).",
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
        0.5,
        "The difference that simpo (its gamma) and slic (its delta) want between both responses.",
        minimum=0,
        maximum=100,
        group="optimisation",
    )
    sft_weight: float = option(
        1.0,
        "Weight of the plain likelihood of the chosen response in cpo, orpo, rrhf and slic.",
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
    tie_share: float = option(
        0.5,
        "How often two equally good responses are judged a tie, for dpo_rao_kupper and"
        " dpo_davidson.",
        minimum=0.01,
        maximum=0.99,
        group="optimisation",
    )
    sampled_prompts: int = option(
        8,
        "Held-out prompts answered at temperature 1 at every evaluation, for the KL to the"
        " reference, length and diversity; 0 leaves these out.",
        minimum=0,
        maximum=4096,
        group="evaluation",
    )

    @property
    def several_processes(self) -> bool:
        """Whether several processes may train such a run together: every loss stays in a prompt."""
        return True

    def check(self) -> None:
        super().check()
        if self.reference_model and self.loss in REFERENCE_FREE_LOSSES:
            raise ConfigError(
                f"reference_model is given but the loss {self.loss} knows no reference: leave it"
                " empty, or take the loss dpo."
            )
        if self.loss in ("cdpo", "robust") and self.label_smoothing == 0:
            raise ConfigError(
                f"label_smoothing is 0 but the loss {self.loss} is made for flipped labels:"
                " give their share, for example 0.1, or take the loss dpo."
            )
        if self.loss == "plackett_luce":
            self._check_listwise()

    def _check_listwise(self) -> None:
        for name in ("label_smoothing", "margin_scale"):
            if value := getattr(self, name):
                raise ConfigError(
                    f"{name} is {value}, which has no meaning for whole orders: take its default,"
                    " or a pairwise loss in place of plackett_luce."
                )
