"""Python functions as rewards, by import path: ``package.module:function=0.5``. No torch.

Only a command line can name them: a function runs with all that the trainer may do.
"""

from __future__ import annotations

from dataclasses import dataclass

from training.trainers.config_fields import ConfigError
from training.trainers.rewards.setting_text import parse_named


@dataclass(frozen=True)
class FunctionName:
    """A function of a module with the weight of its reward."""

    module: str
    name: str
    weight: float

    @property
    def path(self) -> str:
        """Its import path."""
        return f"{self.module}:{self.name}"


def parse_functions(text: str) -> list[FunctionName]:
    """The functions of the setting ``reward_function``; none where it is empty.

    Raises ConfigError. Nothing is imported.
    """
    found = []
    for named in parse_named("reward_function", text):
        module, sign, name = named.name.partition(":")
        parts = [*module.split("."), name]
        if not sign or named.settings or not all(part.isidentifier() for part in parts):
            raise ConfigError(
                f"reward_function cannot be read at character {named.place} ({named.name!r}): name"
                " a module and a function, for example rewards.polite:score=0.5."
            )
        found.append(FunctionName(module, name, named.weight))
    return found
