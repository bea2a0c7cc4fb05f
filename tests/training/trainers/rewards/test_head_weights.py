"""Weights of heads as people write them."""

from __future__ import annotations

import pytest

from training.trainers.config_fields import ConfigError
from training.trainers.rewards.head_weights import parse_head_weights


def test_names_with_numbers() -> None:
    assert parse_head_weights("") == {}
    found = parse_head_weights(" helpful = 1, harmless=-0.5 ,")
    assert found == {"helpful": 1.0, "harmless": -0.5}
    assert parse_head_weights("a=b=2") == {"a=b": 2.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("helpful", "has 'helpful': write names with numbers"),
        ("=1", "has '=1'"),
        ("helpful=much", "has 'helpful=much'"),
        ("helpful=nan", "has 'helpful=nan'"),
        ("a=1,a=2", "names a twice"),
        ("a=0,b=0", "are all 0"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_head_weights(text)
