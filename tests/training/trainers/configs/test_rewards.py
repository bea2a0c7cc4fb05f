"""The settings that trainers of rewards share: what goes together, and what the web never takes."""

from __future__ import annotations

from typing import ClassVar

import pytest

from training.run_inputs import is_filled_in
from training.trainers.config_fields import ConfigError
from training.trainers.configs import RewardedConfig


class Rewarded(RewardedConfig):
    trainer: ClassVar[str] = "rewarded"


def made(**values: object) -> Rewarded:
    return Rewarded.from_dict({"dataset": "data", "rules": "json"} | values)


def test_settings_that_are_decided_here_are_not_asked_for() -> None:
    names = {info.name for info in Rewarded.options()}
    assert names.isdisjoint({"data", "max_length", "freeze_fraction"})
    assert set(made().as_dict()) == {"trainer", *names}
    assert made(max_prompt_tokens=50, max_new_tokens=7).longest == 57
    with pytest.raises(ConfigError, match="Unknown setting max_length"):
        made(max_length=9)


def test_functions_and_files_are_never_taken_from_a_person() -> None:
    filled_in = {info.name for info in Rewarded.options() if is_filled_in(info)}
    assert filled_in == {"dataset", "prompts_file", "reward_function"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"dataset": ""}, "dataset and prompts_file: give exactly one"),
        ({"prompts_file": "some"}, "dataset and prompts_file: give exactly one"),
        ({"rules": ""}, "rules is empty, and so are reward_model and reward_function"),
        ({"rules": "json=0"}, "rules: every reward has the weight 0"),
        ({"rules": "jsn"}, "rules cannot be read at character 1"),
        ({"reward_function": "score"}, "reward_function cannot be read at character 1"),
        ({"head_weights": "helpful"}, "head_weights has 'helpful'"),
        ({"stop_strings": '"'}, "stop_strings cannot be read at character 1"),
        ({"temperature": 0.0}, "temperature is 0.0: give a number from 0.01"),
        ({"missing_eos_penalty": -1.0}, "missing_eos_penalty is -1.0"),
    ],
)
def test_what_cannot_work_is_refused(values: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        made(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"dataset": "", "prompts_file": "some.jsonl"},
        {"rules": "", "reward_model": "judge"},
        {"rules": "json=0", "reward_model": "judge"},
        {"rules": "", "reward_function": "own:score"},
    ],
)
def test_what_goes_together(values: dict[str, object]) -> None:
    assert Rewarded.from_dict(made(**values).as_dict()) == made(**values)
