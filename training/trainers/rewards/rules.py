"""Rule rewards in one literal dict, and the setting that names them with weights. No torch.

``rules`` reads like ``exact_answer=1, format(shape=boxed)=0.1, length(target=80)=0.2``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from training.trainers.config_fields import ConfigError
from training.trainers.rewards.answers import exact_answer
from training.trainers.rewards.rule_functions import (
    compiled_pattern,
    has_format,
    has_length,
    is_json,
    matches,
)
from training.trainers.rewards.setting_text import Named, parse_named


@dataclass(frozen=True)
class RuleSetting:
    """What can be set of a rule; a text is one of ``choices`` where there are any."""

    default: str | int | bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RuleEntry:
    """One rule: ``function(text, reference, **settings)`` gives 0 to 1.

    ``wrong`` says what settings cannot work together, with the remedy, or nothing.
    """

    description: str
    function: Callable[..., float]
    settings: Mapping[str, RuleSetting] = field(default_factory=dict)
    needs_reference: bool = False
    wrong: Callable[[Mapping[str, Any]], str] = lambda settings: ""


def _wrong_length(settings: Mapping[str, Any]) -> str:
    bounds = settings["minimum"], settings["maximum"]
    if bool(settings["target"]) == any(bounds):
        return "give length either a target or bounds, for example length(target=80)"
    if bounds[1] and bounds[0] > bounds[1]:
        return "the minimum is above the maximum, exchange them"
    return ""


def _wrong_pattern(settings: Mapping[str, Any]) -> str:
    if not settings["pattern"]:
        return 'give regex a pattern in quotes, for example regex(pattern="[0-9]+$")'
    compiled_pattern(settings["pattern"])
    return ""


RULES: dict[str, RuleEntry] = {
    "exact_answer": RuleEntry(
        description="The known answer of the prompt is given: boxed, tagged, behind #### or as the"
        " last number.",
        function=exact_answer,
        settings={"extract": RuleSetting("auto", ("auto", "boxed", "tagged", "number"))},
        needs_reference=True,
    ),
    "format": RuleEntry(
        description="The response has a shape: one filled box, or thoughts and answer in tags.",
        function=has_format,
        settings={"shape": RuleSetting("boxed", ("boxed", "think"))},
    ),
    "length": RuleEntry(
        description="The response is near a target length, or within bounds.",
        function=has_length,
        settings={
            "target": RuleSetting(0),
            "minimum": RuleSetting(0),
            "maximum": RuleSetting(0),
            "unit": RuleSetting("words", ("words", "characters")),
        },
        wrong=_wrong_length,
    ),
    "regex": RuleEntry(
        description="A regular expression is found in the response, or is the whole of it.",
        function=matches,
        settings={"pattern": RuleSetting(""), "whole": RuleSetting(False)},
        wrong=_wrong_pattern,
    ),
    "json": RuleEntry(
        description="The response is valid JSON, with the required keys where some are named.",
        function=is_json,
        settings={"required": RuleSetting("")},
    ),
}


@dataclass(frozen=True)
class Rule:
    """A rule as it was asked for. ``label`` is its name, numbered where a name comes again."""

    name: str
    label: str
    weight: float
    settings: Mapping[str, Any]

    @property
    def needs_reference(self) -> bool:
        """Whether it can only judge prompts with a known answer."""
        return RULES[self.name].needs_reference

    def __call__(self, text: str, reference: str | None) -> float:
        """What the rule gives a response, from 0 to 1, without its weight."""
        return RULES[self.name].function(text, reference, **self.settings)


def parse_rules(text: str) -> list[Rule]:
    """The rules of the setting ``rules``; none where it is empty. Raises ConfigError."""
    rules: list[Rule] = []
    for named in parse_named("rules", text):
        settings = _settings(named)
        before = sum(rule.name == named.name for rule in rules)
        label = f"{named.name}_{before + 1}" if before else named.name
        rules.append(Rule(named.name, label, named.weight, settings))
    return rules


def _settings(named: Named) -> dict[str, Any]:
    if named.name not in RULES:
        raise _error(named, f"there is no rule {named.name!r}, choose from {', '.join(RULES)}")
    known = RULES[named.name].settings
    unknown = [key for key in named.settings if key not in known]
    if unknown:
        has = f"it has {', '.join(known)}" if known else "it has none"
        raise _error(named, f"{named.name} has no setting {unknown[0]!r}, {has}")
    values = {
        key: _value(named, key, one, named.settings[key]) if key in named.settings else one.default
        for key, one in known.items()
    }
    if wrong := RULES[named.name].wrong(values):
        raise _error(named, wrong)
    return values


def _value(named: Named, key: str, setting: RuleSetting, text: str) -> str | int | bool:
    if isinstance(setting.default, bool):
        if text.lower() not in ("true", "false"):
            raise _error(named, f"{key} is true or false, not {text!r}")
        return text.lower() == "true"
    if isinstance(setting.default, int):
        if not (text.isascii() and text.isdecimal() and len(text) <= 9):
            raise _error(named, f"{key} is a whole number from 0 on, not {text!r}")
        return int(text)
    if setting.choices and text not in setting.choices:
        raise _error(named, f"{key} is one of {', '.join(setting.choices)}, not {text!r}")
    return text


def _error(named: Named, remedy: str) -> ConfigError:
    return ConfigError(
        f"rules cannot be read at character {named.place} ({named.name!r}): {remedy}."
    )
