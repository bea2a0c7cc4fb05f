"""Functions by import path, as a setting names them."""

from __future__ import annotations

import pytest

from training.trainers.config_fields import ConfigError
from training.trainers.rewards.function_names import FunctionName, parse_functions


def test_functions_with_weights() -> None:
    found = parse_functions("rewards.polite:score, own:brief=0.5")
    assert found == [
        FunctionName("rewards.polite", "score", 1.0),
        FunctionName("own", "brief", 0.5),
    ]
    assert found[0].path == "rewards.polite:score"
    assert parse_functions("") == []


@pytest.mark.parametrize(
    "text", ["score", "a.b", "a:b:c", "a-b:c", ":c", "a:", "a:b(c=1)", "os.:x"]
)
def test_what_is_no_path_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^reward_function cannot be read at character 1 .*name"):
        parse_functions(text)
