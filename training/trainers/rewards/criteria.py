"""The criteria that several reward models judge by: one for each head, each with a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.trainers.models.default_model import ModelError
from training.trainers.models.model_checks import loading_error
from training.trainers.models.model_loading import (
    checkpoint_about,
    is_reward_model,
    resolve_model,
)
from training.trainers.rewards.reward_heads import ONE_HEAD

_NAMELESS = re.compile(r"LABEL_\d+")


@dataclass(frozen=True)
class Criterion:
    """One head of a reward model; ``head_weights`` picks it where there are several."""

    name: str
    reward_model: str
    head_weights: str


def criteria_of(models: Sequence[str]) -> list[Criterion]:
    """The criteria of reward models, by their heads; a single head may go by its model's name.

    Names that come twice are numbered. Raises ModelError for a policy, and for a classifier of
    several labels that are no criteria.
    """
    found = []
    for model in models:
        heads = _heads(model)
        for head in heads:
            nameless = head == ONE_HEAD or _NAMELESS.fullmatch(head) is not None
            name = short_name(model) if nameless else head
            found.append(Criterion(name, model, f"{head}=1" if len(heads) > 1 else ""))
    names = different([one.name for one in found])
    return [
        Criterion(name, one.reward_model, one.head_weights)
        for name, one in zip(names, found, strict=True)
    ]


def short_name(model: str) -> str:
    """What a person calls a model: its run's folder, or the last part of its id."""
    parts = [part for part in Path(model).parts if part not in ("/", "..", ".")]
    if len(parts) > 2 and parts[-2] == "checkpoints":
        return parts[-3]
    return parts[-1] if parts else model


def different(names: Sequence[str]) -> list[str]:
    """The names, those that come again with a number."""
    found: list[str] = []
    for name in names:
        number, new = 1, name
        while new in found:
            number += 1
            new = f"{name}-{number}"
        found.append(new)
    return found


def _heads(model: str) -> list[str]:
    source = resolve_model(model)
    if Path(source).is_dir() and not is_reward_model(source):
        raise ModelError(f"model {model} is a policy without scores: name a reward model.")
    heads = list(checkpoint_about(source).get("criteria") or _labels(source))
    if len(heads) > 1 and all(_NAMELESS.fullmatch(head) for head in heads):
        raise ModelError(
            f"model {model} has {len(heads)} labels without names, which are classes and no"
            " criteria: take a reward model with one output."
        )
    return heads


def _labels(source: str) -> list[str]:
    """The names of a foreign classifier's outputs; adapters without lineage have one."""
    from transformers import AutoConfig

    if Path(source, "adapter_config.json").is_file():
        return [ONE_HEAD]
    try:
        config = AutoConfig.from_pretrained(source, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise loading_error(source, error, "could not be loaded") from error
    names: dict[int, str] = config.id2label
    return [names[number] for number in sorted(names)]
