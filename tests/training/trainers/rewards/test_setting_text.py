"""Several things in one line of a setting: names, weights, settings of their own, quoted texts."""

from __future__ import annotations

import pytest

from training.trainers.config_fields import ConfigError
from training.trainers.rewards.setting_text import Named, parse_named, parse_stop_strings


def test_names_weights_and_settings() -> None:
    text = 'one, two=0.5 ,\n three(a=1, b="x, (y) = \\"z\\"")=-1e-1, four()'
    assert parse_named("rules", text) == [
        Named("one", 1.0, {}, 1),
        Named("two", 0.5, {}, 6),
        Named("three", -0.1, {"a": "1", "b": 'x, (y) = "z"'}, 17),
        Named("four", 1.0, {}, text.index("four") + 1),
    ]
    assert parse_named("rules", "") == []


def test_a_quoted_text_keeps_its_backslashes() -> None:
    (named,) = parse_named("rules", r"""a(b='\d+\s\\(\n\t')""")
    assert named.settings == {"b": "\\d+\\s\\\\(\n\t"}


@pytest.mark.parametrize(
    ("text", "place", "remedy"),
    [
        ("one two", 5, "put a comma between two of them"),
        (",", 1, "give a name"),
        ("one=", 5, "give a weight"),
        ("one=x", 5, "a weight is a number"),
        ("one=inf", 5, "a weight is a number"),
        ("one(a", 6, "give a a value"),
        ("one(a=1", 8, "put a comma between two values, or close the bracket"),
        ("one(a=1, a=2)", 10, "a stands there twice"),
        ("one(a==)", 7, "give a value"),
        ('one(a="x)', 7, "close the quotes"),
        ("one)", 4, "put a comma"),
        ('"one"', 1, "give a name"),
    ],
)
def test_the_place_of_what_is_wrong_is_named(text: str, place: int, remedy: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"^rules cannot be read at character {place} \("
    ) as told:
        parse_named("rules", text)
    assert remedy in str(told.value)


def test_stop_strings() -> None:
    found = parse_stop_strings(r'</answer>, "\n\nUser:", ' + "'a, b', </answer>")
    assert found == ("</answer>", "\n\nUser:", "a, b")
    assert parse_stop_strings("") == ()
    with pytest.raises(ConfigError, match=r"stop_strings .* an empty text stands everywhere"):
        parse_stop_strings('""')
