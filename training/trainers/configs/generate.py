"""Settings of `training.trainers.generate`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.machine import TINY_MODEL, MachineConfig
from training.trainers.rewards.setting_text import parse_stop_strings


@dataclass(frozen=True, kw_only=True)
class GenerateConfig(MachineConfig):
    """Settings of `generate`."""

    trainer: ClassVar[str] = "generate"

    dataset: str = option("", "The dataset directory whose prompts are answered.", is_file=True)
    prompts_file: str = option(
        "",
        "Instead of a dataset: a file of prompts (JSONL, JSON, CSV, Parquet or text).",
        is_file=True,
    )
    split: str = option(
        "test",
        "Which split of the dataset to answer.",
        choices=("train", "validation", "test", "all"),
    )
    limit: int = option(0, "Prompts to answer at most; 0 answers all.", minimum=0)
    n: int = option(1, "Responses per prompt.", minimum=1, maximum=256)
    temperature: float = option(
        0.7, "Sampling temperature; 0 always takes the likeliest token.", minimum=0, maximum=10
    )
    top_p: float = option(
        0.95, "Sample from the likeliest tokens that sum to this.", minimum=0.01, maximum=1
    )
    max_new_tokens: int = option(128, "Tokens a response may have.", minimum=1, maximum=32768)
    max_prompt_tokens: int = option(
        1024, "Prompts longer than this are left out and counted.", minimum=1
    )
    stop_strings: str = option(
        "",
        "Texts at which a response ends, with commas, in quotes where they hold spaces or commas.",
    )
    stop_at_box: bool = option(False, "End a response behind its first filled \\boxed{}.")
    batch_size: int = option(8, "Responses written at a time.", minimum=1, maximum=4096)
    engine: str = option(
        "own",
        "What writes: own works everywhere and gives the same responses again, vllm is faster on a"
        " CUDA device and needs the package of that name.",
        choices=("own", "vllm"),
        group="machine",
    )
    reference: str = option(
        "",
        "A policy with the same tokenizer: how far the responses drift from it is measured and"
        " written beside them, with temperature and top_p 1; empty measures nothing.",
        group="model",
        model="policy",
    )

    def check(self) -> None:
        super().check()
        if bool(self.dataset) == bool(self.prompts_file):
            raise ConfigError("dataset and prompts_file: give exactly one of the two.")
        parse_stop_strings(self.stop_strings)
        if self.reference and not (self.temperature == 1 and self.top_p == 1):
            raise ConfigError(
                "reference measures the KL, for which responses must be drawn as the model has"
                " them: set temperature and top_p to 1."
            )
        if self.model == TINY_MODEL:
            raise ConfigError(
                "model is 'tiny', which has learned nothing yet: name a run's checkpoint folder."
            )

    def check_machine(self) -> None:
        super().check_machine()
        if self.engine == "vllm" and find_spec("vllm") is None:
            raise ConfigError(
                "engine is vllm, which is not installed here: install vllm, or take own."
            )
