"""What the trainers share that learn from rewards for what they sample: PPO, GRPO, RLOO."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.optimisation import OptimisationConfig
from training.trainers.rewards.function_names import parse_functions
from training.trainers.rewards.head_weights import parse_head_weights
from training.trainers.rewards.rules import parse_rules
from training.trainers.rewards.setting_text import parse_stop_strings


@dataclass(frozen=True, kw_only=True)
class RewardedConfig(OptimisationConfig):
    """Where prompts come from, how they are answered, and what the answers are worth."""

    unused: ClassVar[frozenset[str]] = frozenset({"data", "max_length", "freeze_fraction"})

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
    rules: str = option(
        "",
        "Rewards by rule with their weights, for example exact_answer=1, format=0.1,"
        " length(target=80)=0.2; the rules are exact_answer, format, length, regex and json.",
    )
    reward_function: str = option(
        "",
        "Rewards by Python functions with their weights, as package.module:function=1; only from"
        " the command line.",
        is_file=True,
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
    head_weights: str = option(
        "",
        "How a reward model with several heads becomes one score, as helpful=2,harmless=1; empty"
        " weighs all alike.",
        group="model",
    )
    unseen_reward_model: str = option(
        "",
        "A second reward model that judges held-out answers and is never learned from: it shows"
        " when the first one is merely outwitted.",
        model="reward_model",
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
        parse_head_weights(self.head_weights)
        parse_stop_strings(self.stop_strings)
        if not (rules or functions or self.reward_model):
            raise ConfigError(
                "rules is empty, and so are reward_model and reward_function: name what is"
                " rewarded, for example exact_answer=1."
            )
        weights = [*(rule.weight for rule in rules), *(one.weight for one in functions)]
        if not any(weights) and not (self.reward_model and self.reward_model_weight):
            raise ConfigError("rules: every reward has the weight 0, raise one of them.")
