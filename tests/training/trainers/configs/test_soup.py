"""What a soup is asked for: policies, judges and mixtures."""

from __future__ import annotations

from typing import Any

import pytest

from training.trainers.config_fields import ConfigError
from training.trainers.configs import SoupConfig

GIVEN = {"dataset": "d", "model": "a", "other_policies": "b", "reward_models": "judge"}


def made(**changes: Any) -> SoupConfig:
    return SoupConfig.from_dict(GIVEN | changes)


def test_each_policy_alone_comes_first_and_every_mixture_once() -> None:
    assert list(made(grid=2).points) == ["1,0", "0,1", "0.5,0.5"]
    given = made(mixtures="0.3,0.7; 1,0", chosen="0.3,0.7")
    assert list(given.points) == ["1,0", "0,1", "0.3,0.7"]
    assert (given.kept, made().kept) == ("0.3,0.7", "")
    thirds = made(grid=3, chosen="0.333333,0.666667")
    assert list(thirds.points).count(thirds.kept) == 1


def test_names_are_taken_apart_at_commas() -> None:
    config = made(other_policies="b, c,", reward_models="judge, judge,other")
    assert config.policies == ["a", "b", "c"]
    assert config.judges == ["judge", "other"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"other_policies": " "}, "other_policies is empty"),
        ({"reward_models": ""}, "reward_models is empty"),
        ({"model": ""}, "model is empty"),
        ({"mixtures": "0.5"}, "mixtures has '0.5'"),
        ({"chosen": "1,0; 0,1"}, "chosen names several"),
        ({"other_policies": "b,c,d", "grid": 20}, "grid is 20, which makes 1771 mixtures"),
        ({"head_weights": "a"}, "head_weights has 'a'"),
        ({"prompts_file": "p"}, "exactly one of the two"),
        ({"reference": "r", "temperature": 0.7}, "reference measures the KL"),
    ],
)
def test_what_cannot_work_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        made(**changes)
