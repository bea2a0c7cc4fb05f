"""Settings of `training.trainers.grpo` and `training.trainers.rloo`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.rewards import RewardedConfig

GRPO_LOSSES = ("dapo", "grpo", "dr_grpo", "cispo", "sapo", "luspo", "vespo")
"""As TRL calls them; its bnpo is dapo here, where a loss never depends on the forward passes."""

OF_WHOLE_RESPONSES = ("grpo", "luspo")
"""Losses that are meant for ratios of whole responses."""


@dataclass(frozen=True, kw_only=True)
class GroupConfig(RewardedConfig):
    """What the trainers share that compare a prompt's responses with one another."""

    n: int = option(
        8, "Responses per prompt, which are compared with one another.", minimum=2, maximum=1024
    )
    update_epochs: int = option(
        1,
        "Passes over a step's responses before new ones are sampled (num_iterations of TRL).",
        minimum=1,
        maximum=100,
    )
    accumulation: int = option(
        4,
        "Forward passes per optimiser step: more of them need less memory and give the same.",
        minimum=1,
        maximum=4096,
        group="optimisation",
    )
    learning_rate: float = option(
        2e-5,
        "Peak learning rate: about 2e-5 with lora and 1e-6 in full.",
        minimum=0,
        maximum=1,
        group="optimisation",
    )
    epsilon: float = option(
        0.2,
        "How far below 1 the ratio of new to old probability counts; with one optimiser step per"
        " sampling the ratio is 1.",
        minimum=0.001,
        maximum=1,
        group="optimisation",
    )
    epsilon_high: float = option(
        0.0,
        "How far above 1 it counts; 0 takes epsilon. For cispo the highest ratio itself, about 5.",
        minimum=0,
        maximum=100,
        group="optimisation",
    )
    beta: float = option(0.0, "Strength of the pull towards the start.", minimum=0, maximum=100)
    finished_only: bool = option(
        False,
        "Learn nothing from responses that were cut at max_new_tokens; their rewards still count"
        " for the others of their prompt.",
    )

    @property
    def old_is_new(self) -> bool:
        """Whether the policy that learns is always the one that wrote the responses."""
        return self.update_epochs == 1 and self.minibatches == 1


@dataclass(frozen=True, kw_only=True)
class GrpoConfig(GroupConfig):
    """Settings of `grpo`."""

    trainer: ClassVar[str] = "grpo"

    loss: str = option(
        "dapo",
        "dapo averages over all tokens of a step, grpo over responses, dr_grpo over max_new_tokens;"
        " cispo, sapo, luspo and vespo treat ratios otherwise. TRL's losses of these names.",
        choices=GRPO_LOSSES,
    )
    ratio: str = option(
        "token",
        "Whose probability is compared with the old one: each token's, or the whole response's"
        " per token (sequence, GSPO).",
        choices=("token", "sequence"),
        group="optimisation",
    )
    advantage_scale: str = option(
        "group",
        "What a reward's distance from its prompt's mean is divided by: the deviation of the"
        " prompt's rewards, of the whole batch's, or nothing (none).",
        choices=("group", "batch", "none"),
    )
    beta: float = option(
        0.0,
        "Strength of the pull towards the start, by a KL in the loss; 0 leaves it out.",
        minimum=0,
        maximum=100,
    )

    def check(self) -> None:
        super().check()
        if self.ratio == "sequence" and self.loss not in OF_WHOLE_RESPONSES:
            raise ConfigError(
                f"ratio is sequence, but the loss {self.loss} adds up tokens, so that long"
                " responses would count more: take the loss grpo or luspo."
            )
        if self.ratio == "token" and self.loss == "luspo":
            raise ConfigError("ratio is token, but the loss luspo needs sequence: set it.")
        if self.loss == "cispo" and not self.epsilon_high:
            raise ConfigError(
                "epsilon_high is 0, but the loss cispo takes it for the highest ratio: give one,"
                " for example 5."
            )


@dataclass(frozen=True, kw_only=True)
class RlooConfig(GroupConfig):
    """Settings of `rloo`."""

    trainer: ClassVar[str] = "rloo"

    beta: float = option(
        0.05,
        "Strength of the pull towards the start: the KL taken off a response's reward.",
        minimum=0,
        maximum=100,
    )
    whiten_advantages: bool = option(
        False,
        "Give the advantages of a step mean 0 and variance 1.",
        group="optimisation",
    )
