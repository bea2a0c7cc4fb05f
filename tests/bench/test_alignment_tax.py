"""The ptx sweep: paired differences from SFT, and settings that PPO takes."""

from pathlib import Path

import pytest

from bench.alignment_tax import COEFFICIENTS, gained, name_of, with_ptx
from bench.methods_runs import COMMON, settings_of


def test_a_difference_is_paired_by_seed() -> None:
    before = [{"text_loss": 1.0}, {"text_loss": 3.0}]
    after = [{"text_loss": 1.5}, {"text_loss": 3.5}]
    moved, was, became = gained("text_loss", after, before)
    assert (moved.mean, moved.low, moved.high) == pytest.approx((0.5, 0.5, 0.5))
    assert (was, became) == (2.0, 2.5)


def test_every_weight_of_ptx_is_a_run_of_its_own() -> None:
    given = {**COMMON, "model": "m", "dataset": "d", "reward_model": "r"}
    for coefficient in COEFFICIENTS:
        method = with_ptx(coefficient, Path("ptx"))
        config = settings_of("ppo", {**given, **method.settings, **method.sweep[0]})
        assert config.ptx_coefficient == coefficient
        assert config.ptx_data == ("ptx" if coefficient else "")
    assert len({name_of(coefficient) for coefficient in COEFFICIENTS}) == len(COEFFICIENTS)
