"""What rules and Python functions say of a round's responses, beside a reward model or alone.

A prompt's known answer is that of the run's dataset.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from training.trainers.data.chat_text import Message
from training.trainers.data.labelled_prompts import cluster_of
from training.trainers.data.prompt_rows import PromptRow, dataset_prompts
from training.trainers.rewards.reward_sources import Completion, RewardSources, ruled_sources

Asked = tuple[Sequence[Message], Mapping[int, Sequence[Message]]]
"""A prompt with numbered responses."""


def ruled_rewards(
    config: Any, asked: Sequence[Asked], cut: Collection[int] = ()
) -> dict[int, float]:
    """The weighted sum of all rules and functions for each response, by its number.

    ``cut`` numbers those that did not end by themselves.
    """
    sources = RewardSources(ruled_sources(config.rules, config.reward_function))
    known = {prompt.id: prompt for prompt in dataset_prompts(Path(config.dataset), "all")}
    numbers: list[int] = []
    completions: list[Completion] = []
    for messages, responses in asked:
        name = cluster_of(messages)
        prompt = known.get(name)
        row = PromptRow(
            id=name,
            cluster=name,
            prompt=[],
            messages=list(messages),
            reference=prompt.reference if prompt else None,
            tags=prompt.tags if prompt else [],
            room=0,
        )
        for number, response in responses.items():
            numbers.append(number)
            text = response[-1]["content"]
            completions.append(
                Completion(prompt=row, tokens=[], text=text, finished=number not in cut)
            )
    return dict(zip(numbers, sources.score(completions).total.tolist(), strict=True))


def judged_by(config: Any) -> str:
    """What made a round's labels, in words."""
    judges = [
        config.reward_model and f"the reward model {config.reward_model}",
        config.rules and f"the rules {config.rules}",
        config.reward_function and f"the functions {config.reward_function}",
    ]
    return " and ".join(filter(None, judges))
