"""Mixtures as text, and the grid of them."""

from __future__ import annotations

import math

import pytest

from training.trainers.config_fields import ConfigError
from training.trainers.configs.mixtures import ends, grid, grid_size, parse_mixtures, written


def test_a_text_names_mixtures_each_once() -> None:
    text = " 0.5,0.5; 1,0 ;0.5 , 0.5;"
    assert parse_mixtures("mixtures", text, 2) == [(0.5, 0.5), (1.0, 0.0)]
    assert parse_mixtures("mixtures", " ", 2) == []
    assert [written(one) for one in parse_mixtures("mixtures", text, 2)] == ["0.5,0.5", "1,0"]


@pytest.mark.parametrize("text", ["0.5", "0.5,0.5,0", "a,b", "1.5,-0.5", "nan,1", "0.5;0.5"])
def test_a_mixture_has_a_share_for_each_policy(text: str) -> None:
    with pytest.raises(ConfigError, match=r"mixtures has .*one share .* for each of the 2"):
        parse_mixtures("mixtures", text, 2)


def test_shares_sum_to_one() -> None:
    with pytest.raises(ConfigError, match=r"chosen has '0.5,0.6', whose shares sum to 1.1"):
        parse_mixtures("chosen", "0.5,0.6", 2)
    assert parse_mixtures("chosen", "0.333333,0.333333,0.333334", 3)


@pytest.mark.parametrize(("count", "steps"), [(2, 4), (3, 5), (4, 3)])
def test_the_grid_holds_all_even_mixtures_and_each_policy_alone(count: int, steps: int) -> None:
    found = grid(count, steps)
    assert len(found) == len(set(found)) == grid_size(count, steps)
    assert all(math.isclose(sum(one), 1) for one in found)
    assert set(ends(count)) <= set(found)
    assert ends(count)[0] == found[0] == (1.0, *[0.0] * (count - 1))
