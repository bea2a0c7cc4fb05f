"""Settings of `training.trainers.sft`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import option
from training.trainers.configs.optimisation import OptimisationConfig


@dataclass(frozen=True, kw_only=True)
class SftConfig(OptimisationConfig):
    """Settings of `sft`."""

    trainer: ClassVar[str] = "sft"

    data: str = option(
        "auto",
        "What is imitated: demonstration is what people wrote, preference the chosen side of pairs,"
        " ranking its best responses; auto takes the first of these that the directory has.",
        choices=("auto", "demonstration", "preference", "ranking"),
    )
    packing: bool = option(
        False,
        "Lay the responses of a batch in one row without padding, where the model keeps them apart"
        " exactly.",
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
    sampled_prompts: int = option(
        8,
        "Held-out prompts answered at temperature 1 at every evaluation, for length, diversity and"
        " with lora the KL to the start; 0 leaves these out.",
        minimum=0,
        maximum=4096,
        group="evaluation",
    )
