"""Settings of the run kinds that go round: `raft`, `filtered_dpo` and `iterated_dpo`.

Each samples, has a reward model or rules judge, and learns with the settings of `sft` or of `dpo`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.judging import JudgedConfig
from training.trainers.configs.machine import TINY_MODEL
from training.trainers.configs.preference import PreferenceConfig
from training.trainers.configs.sft import SftConfig

MOST_RANKED = 9
"""Responses that one ranking record may hold."""


@dataclass(frozen=True, kw_only=True)
class RoundsConfig(JudgedConfig):
    """What a run in rounds adds to the settings of its learning stage."""

    can_check: ClassVar[bool] = False
    unused: ClassVar[frozenset[str]] = frozenset({"data", "held_out_labelers", "labeler_fold"})

    reward_model: str = option(
        "",
        "The reward model that judges: a hub id or the checkpoint folder of an earlier run. Its"
        " tokenizer may be another than the policy's.",
        model="reward_model",
    )
    others: str = option(
        "",
        "Further reward models, with commas: rewards are means over all of them.",
        group="model",
        model="reward_model",
        many_models=True,
    )
    rounds: int = option(
        1, "How often to sample, judge and learn, each time from the last.", minimum=1, maximum=100
    )
    prompts_per_round: int = option(
        0, "Training prompts of a round, in turn; 0 takes all in every round.", minimum=0
    )
    n: int = option(4, "Responses sampled per prompt.", minimum=1, maximum=256)
    temperature: float = option(
        1.0, "Sampling temperature; 0 always takes the likeliest token.", minimum=0, maximum=10
    )
    top_p: float = option(
        1.0, "Sample from the likeliest tokens that sum to this.", minimum=0.01, maximum=1
    )
    max_new_tokens: int = option(128, "Tokens a response may have.", minimum=1, maximum=32768)
    max_prompt_tokens: int = option(
        1024, "Prompts longer than this are left out and counted.", minimum=1
    )
    sampling_batch_size: int = option(
        32, "Responses written at a time.", minimum=1, maximum=4096, group="machine"
    )
    finished_only: bool = option(
        True,
        "Leave out responses that were cut at max_new_tokens: who imitates them learns to stop in"
        " the middle.",
    )
    evaluation_prompts: int = option(
        64,
        "Held-out prompts answered and judged before the first round and after every one; 0 takes"
        " all.",
        minimum=0,
        group="evaluation",
    )

    @property
    def several_processes(self) -> bool:
        """Sampling and judging are one process's work."""
        return False

    def check(self) -> None:
        super().check()
        if not (self.reward_model or self.rules or self.reward_function):
            raise ConfigError(
                "reward_model is empty, and so are rules and reward_function: name what judges."
            )
        if self.others and not self.reward_model:
            raise ConfigError("reward_model is empty but others is not: name the first one there.")
        if getattr(self, "model", "") == TINY_MODEL:
            raise ConfigError(
                "model is 'tiny', which has learned nothing yet: name a run's checkpoint folder."
            )


@dataclass(frozen=True, kw_only=True)
class RaftConfig(RoundsConfig, SftConfig):
    """Settings of `raft`."""

    trainer: ClassVar[str] = "raft"

    keep: str = option(
        "best_of_n",
        "What is imitated: best_of_n is every prompt's best response, top_fraction the best of all"
        " responses of the round.",
        choices=("best_of_n", "top_fraction"),
    )
    keep_fraction: float = option(
        0.25, "The share that top_fraction keeps.", minimum=0.0001, maximum=1
    )

    def check(self) -> None:
        super().check()
        if self.keep == "best_of_n" and self.n < 2:
            raise ConfigError("n is 1, of which one is always the best: sample at least 2.")


@dataclass(frozen=True, kw_only=True)
class DpoRoundsConfig(RoundsConfig, PreferenceConfig):
    """What the run kinds share that learn by preferences."""

    round_reference: str = option(
        "round",
        "What rewards are measured from: round is the policy that the round starts from, first the"
        " very first one; reference_model, where given, goes before both.",
        choices=("round", "first"),
        group="model",
    )

    def check(self) -> None:
        super().check()
        if self.round_reference == "first" and self.reference == "adapters_off":
            raise ConfigError(
                "reference is adapters_off, which gives the start of a round, but round_reference"
                " is first: take kept."
            )


@dataclass(frozen=True, kw_only=True)
class FilteredDpoConfig(DpoRoundsConfig):
    """Settings of `filtered_dpo`."""

    trainer: ClassVar[str] = "filtered_dpo"

    rule: str = option(
        "own_sample",
        "Which pairs are learned from: own_sample those whose chosen response is judged no worse"
        " than the policy's own, agreement those that the reward model orders alike, top_fraction"
        " those whose responses it sets furthest apart.",
        choices=("own_sample", "agreement", "top_fraction"),
    )
    keep_fraction: float = option(
        0.5, "The share that top_fraction keeps.", minimum=0.0001, maximum=1
    )
    n: int = option(
        1,
        "Responses sampled per prompt by own_sample; with several, their mean counts.",
        minimum=1,
        maximum=256,
    )
    round_reference: str = option(
        "first",
        "What rewards are measured from: round is the policy that the round starts from, first the"
        " very first one; reference_model, where given, goes before both.",
        choices=("round", "first"),
        group="model",
    )


@dataclass(frozen=True, kw_only=True)
class IteratedDpoConfig(DpoRoundsConfig):
    """Settings of `iterated_dpo`."""

    trainer: ClassVar[str] = "iterated_dpo"

    rounds: int = option(
        3, "How often to sample, judge and learn, each time from the last.", minimum=1, maximum=100
    )
    compare: str = option(
        "best_worst",
        "What a prompt's responses teach: best_worst is one pair, ranking all of them in order.",
        choices=("best_worst", "ranking"),
    )

    def check(self) -> None:
        super().check()
        if self.n < 2:
            raise ConfigError("n is 1, which leaves nothing to compare: sample at least 2.")
        if self.compare == "ranking" and self.n > MOST_RANKED:
            raise ConfigError(
                f"n is {self.n} but a ranking holds {MOST_RANKED} responses: sample fewer, or take"
                " best_worst."
            )
