"""Rules of the text alone: what is asked for gives 1, anything else 0 or what lies between."""

from __future__ import annotations

import pytest

from training.trainers.config_fields import ConfigError
from training.trainers.rewards import rule_functions
from training.trainers.rewards.rule_functions import (
    compiled_pattern,
    has_format,
    has_length,
    is_json,
    matches,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"It is \boxed{5}.", 1),
        (r"It is \boxed{\frac{1}{2}}", 1),
        (r"It is \boxed{}.", 0),
        (r"It is \boxed{ }.", 0),
        (r"It is \boxed{5", 0),
        (r"\boxed{4} or \boxed{5}", 0),
        (r"\boxed{4} or \boxed", 0),
        ("5", 0),
        ("", 0),
    ],
)
def test_one_filled_box(text: str, value: float) -> None:
    assert has_format(text, None, "boxed") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<think>why</think><answer>5</answer>", 1),
        (" <think>a\nb</think>\n<answer>5</answer>\n", 1),
        ("<think></think><answer>5</answer>", 0),
        ("<think>why</think><answer> </answer>", 0),
        ("<think>why</think>5", 0),
        ("<answer>5</answer><think>why</think>", 0),
        ("Well, <think>why</think><answer>5</answer>", 0),
        ("<think>why</think><answer>5</answer> So it is.", 0),
        ("<think><think>why</think></think><answer>5</answer>", 0),
        ("<think>a</think><answer>5</answer><answer>6</answer>", 0),
    ],
)
def test_thoughts_and_answer_in_tags(text: str, value: float) -> None:
    assert has_format(text, None, "think") == value


@pytest.mark.parametrize(
    ("words", "value"), [(0, 0), (40, 0.5), (80, 1), (100, 0.75), (160, 0), (500, 0)]
)
def test_near_a_target(words: int, value: float) -> None:
    assert has_length("word " * words, None, 80, 0, 0, "words") == value


def test_within_bounds() -> None:
    lengths = [has_length("w " * n, None, 0, 2, 4, "words") for n in range(6)]
    assert lengths == [0, 0, 1, 1, 1, 0]
    assert has_length("w " * 900, None, 0, 2, 0, "words") == 1
    assert has_length(" \u65e5\u672c ", None, 0, 2, 2, "characters") == 1


def test_a_regular_expression_within_or_whole() -> None:
    assert matches("it is 12.", None, r"\d+", False) == 1
    assert matches("it is 12.", None, r"\d+", True) == 0
    assert matches("12", None, r"\d+", True) == 1
    assert matches("none", None, r"\d+", False) == 0


def test_one_that_runs_away_is_stopped_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_functions, "PATTERN_SECONDS", 0.2)
    with pytest.raises(ConfigError, match=r"took longer than 0\.2 seconds on a response of 41"):
        matches("a" * 40 + "b", None, r"^(a|a|aa)+$", False)


def test_what_is_no_regular_expression() -> None:
    with pytest.raises(ConfigError, match="no regular expression"):
        compiled_pattern("(")
    with pytest.raises(ConfigError, match="has 1001 characters"):
        compiled_pattern("a" * 1001)


@pytest.mark.parametrize(
    ("text", "required", "value"),
    [
        ('{"a": 1, "b": 2}', "", 1),
        ('{"a": 1, "b": 2}', "a, b", 1),
        ('{"a": 1}', "a,b", 0),
        ('```json\n{"a": 1}\n```', "a", 1),
        ("```\n[1, 2]\n```", "", 1),
        ("[1]", "a", 0),
        ('Here: {"a": 1}', "", 0),
        ('{"a": NaN}', "", 0),
        ("", "", 0),
        ("[" * 100000, "", 0),
    ],
)
def test_json(text: str, required: str, value: float) -> None:
    assert is_json(text, None, required) == value
