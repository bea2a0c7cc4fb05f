"""Everything that judges a response together: a reward model, rules, Python functions.

Scores are raw: no normalisation, no penalty for a missing end, which are the trainers' business.
What is no number is refused with the name of the source and of the prompt.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from training.trainers.config_fields import ConfigError
from training.trainers.configs.rewards import RewardedConfig
from training.trainers.data.prompt_rows import PromptRow
from training.trainers.policies.sampling import Sampled
from training.trainers.rewards.function_names import FunctionName, parse_functions
from training.trainers.rewards.learned_rewards import (
    Backbone,
    Completion,
    LearnedReward,
    Placing,
)
from training.trainers.rewards.rules import Rule, parse_rules

__all__ = [
    "Backbone",
    "Completion",
    "RewardError",
    "RewardSources",
    "Scores",
    "completions_of",
    "load_reward_sources",
    "load_unseen",
    "ruled_sources",
]

SHOWN = 60
"""Characters of a response that an error shows."""


class RewardError(ConfigError):
    """A reward that is no number, or a source that failed; one sentence with the remedy."""


@dataclass(frozen=True)
class Scores:
    """``total`` [R] is the weighted sum, ``by_name`` what each source said; fp32 on the CPU."""

    total: Tensor
    by_name: dict[str, Tensor]


class RewardSource(Protocol):
    """One judge of responses."""

    @property
    def name(self) -> str:
        """What its scores are called."""

    @property
    def weight(self) -> float:
        """What its scores are multiplied by in the sum."""

    def score(self, completions: Sequence[Completion]) -> Tensor:
        """Raw scores [R] of responses."""


class RewardSources:
    """All sources of a run; `score` asks each of them."""

    def __init__(self, sources: Sequence[RewardSource]) -> None:
        self.sources = list(sources)

    @property
    def names(self) -> list[str]:
        """What the sources are called, in order."""
        return [source.name for source in self.sources]

    def score(self, completions: Sequence[Completion]) -> Scores:
        """Raw scores of responses, in their order. Raises RewardError for what is no number."""
        total, by_name = torch.zeros(len(completions)), {}
        for source in self.sources:
            found = source.score(completions).float().cpu()
            _check_finite(source.name, found, completions)
            by_name[source.name] = found
            total = total + source.weight * found
        return Scores(total, by_name)


@dataclass(frozen=True)
class RuleReward:
    """A rule as a source."""

    rule: Rule

    @property
    def name(self) -> str:
        """The rule's name, numbered where it comes again."""
        return self.rule.label

    @property
    def weight(self) -> float:
        """Its weight."""
        return self.rule.weight

    def score(self, completions: Sequence[Completion]) -> Tensor:
        """What the rule gives each text."""
        return torch.tensor([self.rule(one.text, one.prompt.reference) for one in completions])


class FunctionReward:
    """A Python function as a source: it gets lists of equal length and gives a list of numbers.

    It is called with those of these keywords that it has: ``prompts`` (messages), ``completions``
    (texts), ``references`` (known answers or None), ``finished``, ``tags`` and ``ids``.
    """

    def __init__(self, named: FunctionName, name: str) -> None:
        self.path, self.name, self.weight = named.path, name, named.weight
        self.function = _imported(named)
        self.keywords = _keywords(self.path, self.function)

    def score(self, completions: Sequence[Completion]) -> Tensor:
        """What the function gives. Raises RewardError where it fails or gives no numbers."""
        given = {
            "prompts": [one.prompt.messages for one in completions],
            "completions": [one.text for one in completions],
            "references": [one.prompt.reference for one in completions],
            "finished": [one.finished for one in completions],
            "tags": [one.prompt.tags for one in completions],
            "ids": [one.prompt.id for one in completions],
        }
        try:
            found = self.function(**{name: given[name] for name in self.keywords})
            scores = torch.tensor([float(value) for value in found])
        except Exception as error:
            raise RewardError(
                f"reward_function {self.path} failed on {len(completions)} responses"
                f" ({type(error).__name__}: {error}): correct the function."
            ) from error
        if len(scores) != len(completions):
            raise RewardError(
                f"reward_function {self.path} gave {len(scores)} rewards for {len(completions)}"
                " responses: give one for each."
            )
        return scores


FUNCTION_KEYWORDS = ("prompts", "completions", "references", "finished", "tags", "ids")


def completions_of(
    rows: Sequence[PromptRow], answers: Sequence[Sequence[Sampled]]
) -> list[Completion]:
    """What was sampled to prompts as completions, prompt by prompt."""
    return [
        Completion(prompt=row, tokens=one.tokens, text=one.text, finished=one.finished)
        for row, group in zip(rows, answers, strict=True)
        for one in group
    ]


def load_reward_sources(
    config: RewardedConfig,
    *,
    policy_tokenizer: Any,
    device: torch.device,
    dtype: torch.dtype,
    backbone: Backbone | None = None,
    place: Callable[[Any], Any] | None = None,
) -> RewardSources:
    """The sources that the settings name: the reward model first, then rules, then functions.

    ``backbone`` is asked whether a reward model stands on the policy's base; ``place`` puts one of
    its own where it is to compute (by default on ``device``).
    """
    sources: list[RewardSource] = []
    if config.reward_model:
        learned = LearnedReward(
            "reward_model",
            config.reward_model,
            weight=config.reward_model_weight,
            head_weights=config.head_weights,
            policy_tokenizer=policy_tokenizer,
            placing=Placing(
                device=device,
                dtype=dtype,
                batch_size=config.sampling_batch_size,
                backbone=backbone,
                place=place,
            ),
        )
        sources.append(learned)
    sources += ruled_sources(config.rules, config.reward_function, [one.name for one in sources])
    return RewardSources(sources)


def ruled_sources(rules: str, functions: str, taken: Sequence[str] = ()) -> list[RewardSource]:
    """The sources of ``rules`` and ``reward_function``, none called like one that is ``taken``."""
    sources: list[RewardSource] = [RuleReward(rule) for rule in parse_rules(rules)]
    names = {*taken, *(source.name for source in sources)}
    for named in parse_functions(functions):
        name = named.name if named.name not in names else named.path
        names.add(name)
        sources.append(FunctionReward(named, name))
    return sources


def load_unseen(
    config: RewardedConfig,
    *,
    policy_tokenizer: Any,
    device: torch.device,
    dtype: torch.dtype,
    place: Callable[[Any], Any] | None = None,
) -> RewardSources | None:
    """The reward model that is never learned from, its heads weighed alike; None without one."""
    if not config.unseen_reward_model:
        return None
    learned = LearnedReward(
        "unseen_reward_model",
        config.unseen_reward_model,
        weight=1.0,
        head_weights="",
        policy_tokenizer=policy_tokenizer,
        placing=Placing(
            device=device, dtype=dtype, batch_size=config.sampling_batch_size, place=place
        ),
    )
    return RewardSources([learned])


def _imported(named: FunctionName) -> Callable[..., Any]:
    try:
        found = getattr(importlib.import_module(named.module), named.name, None)
    except Exception as error:
        raise RewardError(
            f"reward_function: {named.module} cannot be imported ({type(error).__name__}: {error}):"
            " correct its name, or start the run from the folder that it lies in."
        ) from error
    if not callable(found):
        raise RewardError(
            f"reward_function: {named.module} has no function {named.name}: correct its name."
        )
    function: Callable[..., Any] = found
    return function


def _keywords(path: str, function: Callable[..., Any]) -> tuple[str, ...]:
    """Which of the keywords the function takes."""
    parameters = inspect.signature(function).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return FUNCTION_KEYWORDS
    named = {parameter.name for parameter in parameters}
    unknown = {
        parameter.name for parameter in parameters if parameter.default is parameter.empty
    } - set(FUNCTION_KEYWORDS)
    if unknown or not named & set(FUNCTION_KEYWORDS):
        raise RewardError(
            f"reward_function {path} asks for {', '.join(sorted(unknown)) or 'nothing'}: it can"
            f" have {', '.join(FUNCTION_KEYWORDS)}."
        )
    return tuple(name for name in FUNCTION_KEYWORDS if name in named)


def _check_finite(name: str, found: Tensor, completions: Sequence[Completion]) -> None:
    wrong = torch.nonzero(~found.isfinite()).flatten().tolist()
    if wrong:
        first = completions[wrong[0]]
        raise RewardError(
            f"The reward {name} is {found[wrong[0]].item()} for response {wrong[0] + 1} of"
            f" {len(completions)}, to the prompt {first.prompt.id} ({first.text[:SHOWN]!r}):"
            " correct what gives this reward, or leave the prompt out."
        )
