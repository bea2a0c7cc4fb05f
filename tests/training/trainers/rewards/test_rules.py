"""The catalog of rules and the setting that asks for them."""

from __future__ import annotations

import pytest

from training.trainers.config_fields import ConfigError
from training.trainers.rewards.rules import RULES, parse_rules

SETTING = (
    'exact_answer, format(shape=think)=0.1, length(target=4)=0.2, regex(pattern="^a, (b|c)$")=-2'
)


def test_rules_with_weights_and_settings() -> None:
    rules = parse_rules(SETTING)
    assert [rule.name for rule in rules] == ["exact_answer", "format", "length", "regex"]
    assert [rule.weight for rule in rules] == [1, 0.1, 0.2, -2]
    assert [rule("a, b", "b") for rule in rules] == [0, 0, 0.5, 1]
    assert [rule.needs_reference for rule in rules] == [True, False, False, False]
    assert parse_rules(" ") == []


def test_a_rule_that_comes_again_is_numbered() -> None:
    rules = parse_rules("json, json(required=a), json(required=b)")
    assert [rule.label for rule in rules] == ["json", "json_2", "json_3"]
    assert [rule('{"a": 1}', None) for rule in rules] == [1, 1, 0]


@pytest.mark.parametrize("name", RULES)
def test_every_rule_gives_a_number_from_0_to_1_for_any_text(name: str) -> None:
    needed = {"length": "(target=5)", "regex": "(pattern=a)"}
    (rule,) = parse_rules(name + needed.get(name, ""))
    assert RULES[name].description.endswith(".")
    for text in ("", "a", r"\boxed{5}", "\0\ud800 {}[]", "a" * 5000):
        assert 0 <= rule(text, "5") <= 1


@pytest.mark.parametrize(
    ("setting", "place", "remedy"),
    [
        ("exact_anser=1", 1, "there is no rule 'exact_anser', choose from exact_answer, format"),
        ("json, format(shap=think)", 7, "format has no setting 'shap', it has shape"),
        ("format(shape=round)", 1, "shape is one of boxed, think, not 'round'"),
        ("length", 1, "either a target or bounds"),
        ("length(target=5, minimum=1)", 1, "either a target or bounds"),
        ("length(minimum=5, maximum=2)", 1, "the minimum is above the maximum"),
        ("length(target=-5)", 1, "target is a whole number from 0 on, not '-5'"),
        ("regex", 1, "give regex a pattern in quotes"),
        ("regex(pattern=a, whole=maybe)", 1, "whole is true or false, not 'maybe'"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_remedy(
    setting: str, place: int, remedy: str
) -> None:
    with pytest.raises(ConfigError, match=rf"^rules cannot be read at character {place} ") as told:
        parse_rules(setting)
    assert remedy in str(told.value)


def test_a_pattern_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match=r"rules: '\(' is no regular expression"):
        parse_rules('regex(pattern="(")')
