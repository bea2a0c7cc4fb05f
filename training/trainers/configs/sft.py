"""Settings of `training.trainers.sft`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import option
from training.trainers.configs.policy import PolicyConfig


@dataclass(frozen=True, kw_only=True)
class SftConfig(PolicyConfig):
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
