"""Who judges what a policy writes, for the trainers and run kinds that ask for rewards."""

from __future__ import annotations

from dataclasses import dataclass

from training.trainers.config_fields import TrainerConfig, option
from training.trainers.rewards.function_names import parse_functions
from training.trainers.rewards.head_weights import parse_head_weights
from training.trainers.rewards.rules import parse_rules


@dataclass(frozen=True, kw_only=True)
class JudgedConfig(TrainerConfig):
    """Rewards by rules, by functions and by a reward model's heads."""

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
    head_weights: str = option(
        "",
        "How a reward model with several heads becomes one score, as helpful=2,harmless=1; empty"
        " weighs all alike.",
        group="model",
    )

    def check(self) -> None:
        super().check()
        parse_rules(self.rules)
        parse_functions(self.reward_function)
        parse_head_weights(self.head_weights)
