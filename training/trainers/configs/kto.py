"""Settings of `training.trainers.kto`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.optimisation import OptimisationConfig

KTO_LOSSES = {"kto": "kto", "apo_zero": "apo_zero_unpaired"}
"""Our names of the losses, and TRL's."""


@dataclass(frozen=True, kw_only=True)
class KtoConfig(OptimisationConfig):
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
    learning_rate: float = option(
        5e-5,
        "Peak learning rate: about 5e-5 with lora and 1e-6 in full.",
        minimum=0,
        maximum=1,
        group="optimisation",
    )
    beta: float = option(
        0.1, "Strength of the pull towards the reference model.", minimum=1e-6, maximum=100
    )
    reference: str = option(
        "kept",
        "Where reference log-probabilities come from: kept computes them once before the first"
        " step, adapters_off in every step by switching the adapters off.",
        choices=("kept", "adapters_off"),
        group="model",
    )
    reference_model: str = option(
        "",
        "The policy that rewards are measured from, with the same tokenizer; empty takes the one"
        " that the run starts from.",
        group="model",
        model="policy",
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
    sampled_prompts: int = option(
        8,
        "Held-out prompts answered at temperature 1 at every evaluation, for length, diversity and"
        " with lora the KL to the start; 0 leaves these out.",
        minimum=0,
        maximum=4096,
        group="evaluation",
    )

    def check(self) -> None:
        super().check()
        if self.reference == "adapters_off" and self.tuning == "full":
            raise ConfigError(
                "reference is adapters_off but tuning is full, which has no adapters to switch off:"
                " take kept."
            )
        if self.reference == "adapters_off" and self.reference_model:
            raise ConfigError(
                "reference is adapters_off, which gives the model the run starts from, but"
                " reference_model names another: take kept, or leave reference_model empty."
            )
        if self.loss == "kto" and self.batch_size < 2:
            raise ConfigError(
                "batch_size is 1, but kto measures the drift over the batch: give at least 2, or"
                " take the loss apo_zero."
            )
        if self.good_weight == 0 and self.bad_weight == 0:
            raise ConfigError(
                "bad_weight and good_weight are 0, which leaves nothing to learn: raise one."
            )
