"""Settings of `training.trainers.solve`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.machine import TINY_MODEL, MachineConfig
from training.trainers.rewards.setting_text import parse_stop_strings


@dataclass(frozen=True, kw_only=True)
class SolveConfig(MachineConfig):
    """Settings of `solve`."""

    trainer: ClassVar[str] = "solve"

    dataset: str = option(
        "", "The dataset directory with problems whose answers are known.", is_file=True
    )
    prompts_file: str = option(
        "",
        "Instead of a dataset: a file of problems with their answers (JSONL, JSON, CSV or Parquet;"
        " prompt or question, and reference or answer).",
        is_file=True,
    )
    split: str = option(
        "test",
        "Which split of the dataset holds the problems.",
        choices=("train", "validation", "test", "all"),
    )
    limit: int = option(
        100, "Problems at most, the first ones of the file; 0 takes all.", minimum=0
    )
    instruction: str = option(
        "",
        "A sentence put behind every prompt, for example one that asks for the answer in a box.",
    )
    extract: str = option(
        "auto",
        "Where an answer must stand to be read: boxed, tagged, number (the last one), or the first"
        " of these that is there (auto).",
        choices=("auto", "boxed", "tagged", "number"),
    )
    n: int = option(1, "Attempts at every problem.", minimum=1, maximum=1024)
    k: str = option(
        "1", "For pass@k: of how many attempts one must be right, with commas, up to n."
    )
    temperature: float = option(
        1.0, "Sampling temperature; 0 always takes the likeliest token.", minimum=0, maximum=10
    )
    top_p: float = option(
        1.0, "Sample from the likeliest tokens that sum to this.", minimum=0.01, maximum=1
    )
    max_new_tokens: int = option(512, "Tokens a response may have.", minimum=1, maximum=32768)
    max_prompt_tokens: int = option(
        1024, "Prompts longer than this are left out and counted.", minimum=1
    )
    stop_at_box: bool = option(
        True, "An attempt ends as soon as it has filled a box; what would follow is not written."
    )
    stop_strings: str = option(
        "",
        "Texts at which a response ends, with commas, in quotes where they hold spaces or commas.",
    )
    batch_size: int = option(32, "Responses written at a time.", minimum=1, maximum=4096)
    baseline: str = option(
        "",
        "The model to compare with on the same problems and with the same random numbers, for"
        " example the one that training began with; empty compares with nothing.",
        group="model",
        model="policy",
    )
    resamples: int = option(
        2000, "Bootstrap resamples for the intervals.", minimum=100, maximum=100000
    )

    @property
    def ks(self) -> list[int]:
        """The numbers in ``k``, each once and in order. Raises ConfigError."""
        try:
            found = sorted({int(part) for part in self.k.split(",") if part.strip()})
        except ValueError:
            found = []
        if not found or found[0] < 1:
            raise ConfigError(f"k is {self.k!r}: give whole numbers from 1 on, as 1,4.")
        return found

    def check(self) -> None:
        super().check()
        if bool(self.dataset) == bool(self.prompts_file):
            raise ConfigError("dataset and prompts_file: give exactly one of the two.")
        if self.model == TINY_MODEL:
            raise ConfigError(
                "model is 'tiny', which has learned nothing yet: name a run's checkpoint folder."
            )
        parse_stop_strings(self.stop_strings)
        if self.ks[-1] > self.n:
            raise ConfigError(
                f"k is {self.k!r} but n is {self.n}: pass@k needs at least k attempts, raise n."
            )
        if self.n > 1 and self.temperature == 0:
            raise ConfigError(
                "temperature is 0, with which all attempts are the same: raise it, or set n to 1."
            )
