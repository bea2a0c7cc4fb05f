"""What every trainer's configuration can do: defaults, checks, JSON, text from a flag or a form.

A configuration is a frozen dataclass whose fields are made with `option`; the sentence under each
field feeds `--help` and the web form. No torch: web processes read this.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self, get_type_hints


class ConfigError(ValueError):
    """A setting that cannot work; the message names the field and the remedy in one sentence."""


def option(
    default: Any,
    help: str,
    *,
    choices: tuple[str, ...] | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    group: str = "main",
    model: str = "",
    many_models: bool = False,
    is_file: bool = False,
) -> Any:
    """A dataclass field with its sentence and limits (``minimum`` and ``maximum`` are allowed).

    ``group`` orders a form: main, model, optimisation, evaluation, machine. ``model`` says that the
    setting names a model, and which kind: any, policy or reward_model; with ``many_models`` it
    names several, with commas. ``is_file`` says that it names another file or folder.
    """
    limits = {"choices": choices, "minimum": minimum, "maximum": maximum}
    named = {"model": model, "many_models": many_models, "is_file": is_file}
    return field(default=default, metadata={"help": help, "group": group, **limits, **named})


@dataclass(frozen=True)
class FieldInfo:
    """One setting as a form or a command line shows it. ``kind`` is str, int, float or bool."""

    name: str
    kind: type
    default: Any
    help: str
    group: str
    choices: tuple[str, ...] | None
    minimum: float | None
    maximum: float | None
    model: str = ""
    many_models: bool = False
    is_file: bool = False


@dataclass(frozen=True, kw_only=True)
class TrainerConfig:
    """Settings of one run. `from_dict` and `from_text` give only validated objects."""

    trainer: ClassVar[str]
    can_check: ClassVar[bool] = False
    """Whether the trainer can look at model and data only (`--check`)."""
    unused: ClassVar[frozenset[str]] = frozenset()
    """Settings of a base class that this kind of run decides by itself."""

    @classmethod
    def options(cls) -> list[FieldInfo]:
        """Every setting in order of declaration, without the unused ones."""
        kinds = get_type_hints(cls)
        return [
            FieldInfo(name=f.name, kind=kinds[f.name], default=f.default, **f.metadata)
            for f in fields(cls)
            if f.name not in cls.unused
        ]

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Settings from JSON values; the key ``trainer`` may be there and must then agree.

        Raises ConfigError for an unknown key, a wrong type and everything that `validate` refuses.
        """
        values = dict(values)
        trainer = values.pop("trainer", cls.trainer)
        if trainer != cls.trainer:
            raise ConfigError(
                f"This configuration is for the trainer {trainer!r}, not {cls.trainer!r}: run that"
                " one, or correct the key 'trainer'."
            )
        known = {option.name: option for option in cls.options()}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise ConfigError(
                f"Unknown setting{'s' if len(unknown) > 1 else ''} {', '.join(unknown)}:"
                f" {cls.trainer} knows {', '.join(known)}."
            )
        config = cls(**{name: _as_kind(known[name], value) for name, value in values.items()})
        config.validate()
        return config

    @classmethod
    def from_text(cls, values: dict[str, str]) -> Self:
        """Settings from text, as a form or a command line gives them."""
        return cls.from_dict(cls.parse(values))

    @classmethod
    def parse(cls, values: dict[str, str]) -> dict[str, Any]:
        """JSON values from text, field by field; unknown names pass for `from_dict` to refuse."""
        known = {option.name: option for option in cls.options()}
        return {
            name: _parse(known[name], text) if name in known else text
            for name, text in values.items()
        }

    def as_dict(self) -> dict[str, Any]:
        """JSON values that `from_dict` takes back, with the trainer's name."""
        values = {info.name: getattr(self, info.name) for info in self.options()}
        return {"trainer": self.trainer} | values

    def validate(self) -> None:
        """Raise ConfigError where a value is outside its limits or two settings contradict."""
        for info in self.options():
            _check_limits(info, getattr(self, info.name))
        self.check()

    def check(self) -> None:
        """What a single field's limits cannot say; each configuration adds its own."""

    @property
    def several_processes(self) -> bool:
        """Whether several processes may train such a run together (`processes`)."""
        return False

    def check_machine(self) -> None:
        """Raise ConfigError for what only the machine that trains can know; trainers call it."""


def _as_kind(info: FieldInfo, value: Any) -> Any:
    if info.kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not info.kind:
        raise ConfigError(
            f"{info.name} must be {_KIND_WORDS[info.kind]}, not {value!r}: correct it or leave it"
            f" out (default {info.default!r})."
        )
    return value


def _parse(info: FieldInfo, text: str) -> Any:
    stripped = text.strip()
    if info.kind is str:
        return stripped
    if info.kind is bool and stripped.lower() in _TRUTH_WORDS:
        return _TRUTH_WORDS[stripped.lower()]
    if info.kind is not bool:
        try:
            return info.kind(stripped)
        except ValueError:
            pass
    raise ConfigError(f"{info.name} must be {_KIND_WORDS[info.kind]}, not {text!r}: correct it.")


def _check_limits(info: FieldInfo, value: Any) -> None:
    if info.choices is not None and value not in info.choices:
        raise ConfigError(
            f"{info.name} is {value!r}: choose one of {', '.join(filter(None, info.choices))}."
        )
    if not isinstance(value, (int, float)):
        return
    low = -math.inf if info.minimum is None else info.minimum
    high = math.inf if info.maximum is None else info.maximum
    if not (math.isfinite(value) and low <= value <= high):
        bounds = f"at least {low:.10g}" if high == math.inf else f"from {low:.10g} to {high:.10g}"
        raise ConfigError(f"{info.name} is {value!r}: give a number {bounds}.")


_KIND_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
_TRUTH_WORDS = {
    "true": True, "yes": True, "on": True, "1": True,
    "false": False, "no": False, "off": False, "0": False, "": False,
}  # fmt: skip
