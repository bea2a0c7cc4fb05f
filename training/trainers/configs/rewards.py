"""What the trainers share that learn from rewards for what they sample: PPO, GRPO, RLOO."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.judging import JudgedConfig
from training.trainers.configs.optimisation import OptimisationConfig
from training.trainers.configs.watching import WatchedConfig
from training.trainers.rewards.function_names import parse_functions
from training.trainers.rewards.rules import parse_rules
from training.trainers.rewards.setting_text import parse_stop_strings


@dataclass(frozen=True, kw_only=True)
class RewardedConfig(WatchedConfig, JudgedConfig, OptimisationConfig):
    """Where prompts come from, how they are answered, and what the answers are worth."""

    unused: ClassVar[frozenset[str]] = frozenset(
        {"data", "max_length", "freeze_fraction", "head_learning_rate"}
    )

    dataset: str = option("", "The dataset directory whose prompts are answered.", is_file=True)
    prompts_file: str = option(
        "",
        "Instead of a dataset: a file of prompts (JSONL, JSON, CSV, Parquet or text), or a folder"
        " with files train and test.",
        is_file=True,
    )
    instruction: str = option(
        "",
        "A sentence put behind every prompt, for example one that asks for the answer in a box.",
    )
    missing_eos_penalty: float = option(
        1.0,
        "Taken off the reward of a response that was cut at max_new_tokens instead of ending.",
        minimum=0,
        maximum=1000,
    )
    max_new_tokens: int = option(128, "Tokens a response may have.", minimum=1, maximum=32768)
    max_prompt_tokens: int = option(
        1024, "Prompts longer than this are left out and counted.", minimum=1
    )
    temperature: float = option(
        1.0,
        "Sampling temperature; the policy learns at the same one.",
        minimum=0.01,
        maximum=10,
    )
    stop_strings: str = option(
        "",
        "Texts at which a response ends, with commas, in quotes where they hold spaces or commas.",
    )
    reward_model: str = option(
        "",
        "The reward model that judges: a hub id or the checkpoint folder of an earlier run, also an"
        " ensemble's. Its tokenizer may be another than the policy's.",
        model="reward_model",
    )
    reward_model_weight: float = option(
        1.0, "Weight of the reward model's score.", minimum=-1000, maximum=1000, group="model"
    )
    unseen_reward_model: str = option(
        "",
        "A second reward model that judges held-out answers and is never learned from: it shows"
        " when the first one is merely outwitted.",
        model="reward_model",
    )
    batch_size: int = option(
        16, "Prompts per step, all answered before anything is learned.", minimum=1, maximum=65536
    )
    minibatches: int = option(
        1, "Optimiser steps per pass over a step's responses.", minimum=1, maximum=4096
    )
    accumulation: int = option(
        2,
        "Forward passes per optimiser step: more of them need less memory and give the same.",
        minimum=1,
        maximum=4096,
        group="optimisation",
    )
    constant_limit: int = option(
        10,
        "The run ends with an error after so many steps in which all rewards are the same; 0 never"
        " ends it.",
        minimum=0,
    )
    sampling_batch_size: int = option(
        32, "Responses written, or judged, at a time.", minimum=1, maximum=4096, group="machine"
    )

    @property
    def longest(self) -> int:
        """Tokens a prompt with one response may have."""
        return self.max_prompt_tokens + self.max_new_tokens

    def check_inputs(self) -> None:
        if bool(self.dataset) == bool(self.prompts_file):
            raise ConfigError("dataset and prompts_file: give exactly one of the two.")

    def check(self) -> None:
        super().check()
        rules, functions = parse_rules(self.rules), parse_functions(self.reward_function)
        parse_stop_strings(self.stop_strings)
        if self.minibatches * self.accumulation > self.batch_size:
            raise ConfigError(
                f"batch_size is {self.batch_size}, which minibatches {self.minibatches} and"
                f" accumulation {self.accumulation} cannot divide: raise it, or lower those."
            )
        if not (rules or functions or self.reward_model):
            raise ConfigError(
                "rules is empty, and so are reward_model and reward_function: name what is"
                " rewarded, for example exact_answer=1."
            )
        weights = [*(rule.weight for rule in rules), *(one.weight for one in functions)]
        if not any(weights) and not (self.reward_model and self.reward_model_weight):
            raise ConfigError("rules: every reward has the weight 0, raise one of them.")
