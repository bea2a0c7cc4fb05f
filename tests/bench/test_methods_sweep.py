"""The methods of the bench: settings that the trainers take, sweeps in one direction."""

import pytest

from bench.methods_runs import COMMON, WORKS, settings_of
from bench.methods_sweep import DPO_TO_START_FROM, METHODS, REWARD_MODEL, SFT
from training.trainers.catalog import TRAINERS

LEARNING = {name: method for name, method in METHODS.items() if method.trainer}


@pytest.mark.parametrize("name", LEARNING)
def test_every_point_is_a_run_that_its_trainer_takes(name: str) -> None:
    method = LEARNING[name]
    own = {option.name for option in TRAINERS[method.trainer].config.options()}
    for point in method.sweep:
        assert {*method.settings, *point} <= own
        settings = {**COMMON, **method.settings, **point, "model": "m", "dataset": "d"}
        config = settings_of(method.trainer, settings | {"reward_model": "r"})
        assert all(getattr(config, key) == value for key, value in point.items())


def test_the_points_of_a_sweep_differ_in_one_setting() -> None:
    for method in METHODS.values():
        assert len({tuple(point) for point in method.sweep}) == 1
        values = [next(iter(point.values())) for point in method.sweep]
        assert values in (sorted(set(values)), sorted(set(values), reverse=True))


def test_direct_methods_come_with_and_without_sft() -> None:
    for name in ("dpo", "filtered_dpo", "iterated_dpo", "kto", "cpo"):
        with_sft, without = METHODS[name], METHODS[f"{name}_without_sft"]
        assert (with_sft.starts_from, without.starts_from) == ("sft", "base")
        assert (with_sft.sweep, with_sft.settings) == (without.sweep, without.settings)


def test_the_stages_are_settings_too() -> None:
    for trainer, stage in (("sft", SFT), ("reward_model", REWARD_MODEL)):
        settings_of(trainer, {**COMMON, **stage, "model": "m", "dataset": "d"})
    assert 0 <= DPO_TO_START_FROM < len(METHODS["dpo"].sweep)
    assert {method.trainer for method in LEARNING.values()} <= WORKS.keys()
