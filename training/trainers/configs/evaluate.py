"""Settings of `training.trainers.evaluate`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.machine import TINY_MODEL, MachineConfig
from training.trainers.rewards.head_weights import parse_head_weights


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(MachineConfig):
    """Settings of `evaluate`."""

    trainer: ClassVar[str] = "evaluate"

    dataset: str = option("", "The dataset directory with the held-out pairs.", is_file=True)
    rewardbench: str = option(
        "",
        "A RewardBench-style JSONL file (prompt, chosen, rejected, subset; chosen and rejected may"
        " be lists), judged beside the dataset or in its place.",
        is_file=True,
    )
    data: str = option(
        "auto",
        "Which records to judge: ranking carries all comparisons, preference only the decided"
        " pairs; auto takes ranking where the directory has it, else preference.",
        choices=("auto", "preference", "ranking"),
    )
    split: str = option(
        "test",
        "Which split to judge; validation is taken where there is no test.",
        choices=("train", "validation", "test"),
    )
    scoring: str = option(
        "auto",
        "How pairs are scored: reward by a reward model, implicit by a policy's gain over"
        " `reference`, likelihood by log p per token; auto looks at the model.",
        choices=("auto", "reward", "implicit", "likelihood"),
    )
    reference: str = option(
        "",
        "The policy's starting model, for implicit rewards; empty takes the one its checkpoint"
        " names.",
        group="model",
        model="policy",
    )
    head_weights: str = option(
        "",
        "Of a reward model with several heads, how much each counts, as helpful=1,harmless=0.5;"
        " empty judges each pair by the head of its criterion.",
        group="model",
    )
    max_length: int = option(1024, "Records longer than this are left out and counted.", minimum=8)
    batch_size: int = option(8, "Prompts per forward pass.", minimum=1, maximum=4096)
    limit: int = option(0, "Prompts to judge at most; 0 judges all.", minimum=0)
    resamples: int = option(
        2000, "Bootstrap resamples for the intervals.", minimum=100, maximum=100000
    )

    sampled_prompts: int = option(
        32,
        "Prompts that a policy answers twice at temperature 1, for the KL to its reference, length"
        " and diversity; 0 leaves these out.",
        minimum=0,
        maximum=100000,
    )
    sample_tokens: int = option(64, "Length of those answers in tokens.", minimum=1, maximum=4096)

    def check(self) -> None:
        super().check()
        parse_head_weights(self.head_weights)
        if not self.dataset and not self.rewardbench:
            raise ConfigError("dataset is empty: name the dataset directory to evaluate on.")
        if self.model == TINY_MODEL:
            raise ConfigError(
                "model is 'tiny', which has learned nothing yet: name a run's checkpoint folder."
            )
