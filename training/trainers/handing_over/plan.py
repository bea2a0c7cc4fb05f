"""What a target is, and what of a run is handed over to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.trainers.configs import PpoConfig
from training.trainers.data.prompt_files import Prompt

Value = str | float | bool
"""What an option is set to."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A run's ``prompts`` counted, whether some are ``held_out``, and the machines to use."""

    run: str
    prompts: int
    held_out: bool
    rules: bool
    machines: int
    gpus: int
    critic_is_policy: bool

    @property
    def devices(self) -> int:
        """GPUs in all."""
        return self.machines * self.gpus


@dataclass(frozen=True, kw_only=True)
class Target:
    """A trainer elsewhere: its command, how its prompts are written, its options."""

    name: str
    title: str
    command: tuple[str, ...]
    write_prompts: Callable[[Path, str, Sequence[Prompt], str], Path]
    options: Callable[[PpoConfig, Plan], list[str]]
    differences: Callable[[PpoConfig, Plan], list[str]]


def said(value: Value) -> str:
    """An option's value as text; truth as Hydra reads it."""
    if isinstance(value, bool):
        return str(value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def steps_in_epochs(config: PpoConfig, prompts: int) -> float:
    """The run's length in passes over its prompts."""
    if not config.max_steps:
        return config.epochs
    return config.max_steps * config.batch_size / prompts
