"""What trainers of policies share: answers to held-out prompts, and a reference to stay near."""

from __future__ import annotations

from dataclasses import dataclass

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.optimisation import OptimisationConfig


@dataclass(frozen=True, kw_only=True)
class PolicyConfig(OptimisationConfig):
    """What trainers of a policy that answers held-out prompts share."""

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


@dataclass(frozen=True, kw_only=True)
class ReferencedConfig(PolicyConfig):
    """What trainers share whose losses compare the policy with a reference.

    Name it before `ComparisonConfig` among bases: a dataclass takes the fields of the first base
    last, and the learning rate here is another one.
    """

    learning_rate: float = option(
        5e-5,
        "Peak learning rate: about 5e-5 with lora and 1e-6 in full.",
        minimum=0,
        maximum=1,
        group="optimisation",
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
