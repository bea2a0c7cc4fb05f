"""Settings of `training.trainers.score`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.machine import TINY_MODEL, MachineConfig
from training.trainers.rewards.head_weights import parse_head_weights


@dataclass(frozen=True, kw_only=True)
class ScoreConfig(MachineConfig):
    """Settings of `score`."""

    trainer: ClassVar[str] = "score"

    responses_file: str = option(
        "inputs/responses.jsonl",
        'A JSONL file of {"prompt": [messages], "responses": [{"id": number, "messages":'
        " [messages]}]} lines; a relative path is one in the run's folder.",
        is_file=True,
    )
    others: str = option(
        "",
        "Further reward models, with commas: the spread between them is what they are unsure of."
        " Each is a hub id or the checkpoint folder of an earlier run.",
        group="model",
        model="reward_model",
        many_models=True,
    )
    head_weights: str = option(
        "",
        "Weights of the criteria that a reward model has heads for, for example"
        " helpful=1,harmless=0.5; empty weighs all alike.",
        group="model",
    )
    max_length: int = option(
        1024, "Responses that are longer with their prompt are left out and counted.", minimum=8
    )
    batch_size: int = option(8, "Prompts per forward pass.", minimum=1, maximum=4096)

    @property
    def models(self) -> list[str]:
        """All models that score, each once."""
        named = [self.model, *(name.strip() for name in self.others.split(","))]
        return list(dict.fromkeys(name for name in named if name))

    def check(self) -> None:
        super().check()
        parse_head_weights(self.head_weights)
        if not self.responses_file:
            raise ConfigError("responses_file is empty: name the file with the responses to score.")
        if self.model == TINY_MODEL:
            raise ConfigError(
                "model is 'tiny', which has learned nothing yet: name a run's checkpoint folder."
            )
