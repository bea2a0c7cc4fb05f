"""What an admin may set about a kind of task: one description that checks, documents and asks.

The settings page makes its fields from these and the API checks against them, so that a kind which
adds an option changes nothing but its own file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


def gettext_noop(text: str) -> str:
    """Mark `text` for translation. Kinds know no language; who shows it translates it."""
    return text


class OptionsError(ValueError):
    """Options of a kind that cannot be used; the message names the option and the remedy."""


@dataclass(frozen=True)
class Option:
    """One setting. What it holds follows from its default: a switch, a whole number from ``low``
    to ``high``, one of ``choices``, or a list of at most ``most`` different texts (of ``choices``
    where there are any)."""

    default: bool | int | str | tuple[str, ...]
    title: str
    help: str = ""
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()
    most: int = 20

    def clean(self, name: str, value: Any) -> Any:
        """`value` as it is stored.

        Raises:
            OptionsError: naming the option and what it takes.
        """
        if isinstance(self.default, bool):
            if not isinstance(value, bool):
                raise OptionsError(f"{name}: give true or false, not {value!r}.")
        elif isinstance(self.default, int):
            whole = isinstance(value, int) and not isinstance(value, bool)
            if not whole or not self.low <= value <= self.high:
                raise OptionsError(f"{name}: give a number from {self.low} to {self.high}.")
        elif isinstance(self.default, str):
            if value not in self.choices:
                raise OptionsError(f"{name}: choose one of {', '.join(self.choices)}.")
        else:
            return self._clean_list(name, value)
        return value

    def _clean_list(self, name: str, value: Any) -> list[str]:
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise OptionsError(f"{name}: give a list of texts.")
        if any(not isinstance(text, str) or not 0 < len(text.strip()) <= 80 for text in value):
            raise OptionsError(f"{name}: every entry is a text of 1 to 80 characters.")
        cleaned = [text.strip() for text in value]
        if len(set(cleaned)) < len(cleaned) or len(cleaned) > self.most:
            raise OptionsError(f"{name}: give at most {self.most} different texts.")
        unknown = [text for text in cleaned if self.choices and text not in self.choices]
        if unknown:
            raise OptionsError(f"{name}: {unknown[0]} is not one of {', '.join(self.choices)}.")
        return cleaned


Options = Mapping[str, Any]
"""The value of every option of a kind, by name."""


def defaults_of(described: Mapping[str, Option]) -> dict[str, Any]:
    """Every option as it stands when nobody sets it."""
    return {
        name: list(option.default) if isinstance(option.default, tuple) else option.default
        for name, option in described.items()
    }


def clean_options(described: Mapping[str, Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` over the defaults.

    Raises:
        OptionsError: an unknown option, or a value that an option does not take.
    """
    unknown = sorted(set(given) - set(described))
    if unknown:
        known = ", ".join(described) or "none"
        raise OptionsError(f"{unknown[0]}: no such option; known are {known}.")
    cleaned = {name: described[name].clean(name, value) for name, value in given.items()}
    return {**defaults_of(described), **cleaned}


def response_count(default: int, low: int, high: int) -> Option:
    """How many responses an item shows."""
    return Option(
        default,
        gettext_noop("Responses per item"),
        gettext_noop("A prompt with more of them is asked with the first ones only."),
        low=low,
        high=high,
    )


CRITERIA = Option(
    (),
    gettext_noop("Criteria"),
    gettext_noop("Each item is asked once per criterion, for example helpful, harmless, honest."),
    most=6,
)
"""Asking the same comparison more than once, each time about something else."""
