"""Every trainer's settings: sentences, limits, text and JSON, and errors that name the field."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from training.trainers.catalog import TRAINERS
from training.trainers.config_fields import ConfigError, TrainerConfig
from training.trainers.configs import (
    GenerateConfig,
    KtoConfig,
    PreferenceConfig,
    RewardedConfig,
    RewardModelConfig,
    RoundsConfig,
)

ROOT = Path(__file__).resolve().parents[3]
CONFIGS = [entry.config for entry in TRAINERS.values()]
REQUIRED = {"dataset": "data"}
NEED_A_MODEL = ("generate", "evaluate", "solve", "soup")


def made(config: type[TrainerConfig], **values: object) -> TrainerConfig:
    if config.trainer == "score":
        return config.from_dict({"model": "somewhere", "responses_file": "responses"} | values)
    if config.trainer == "export":
        return config.from_dict({"model": "somewhere"} | values)
    model = {"model": "somewhere"} if config.trainer in NEED_A_MODEL else {}
    if config.trainer == "soup":
        model |= {"other_policies": "elsewhere", "reward_models": "judge"}
    judge = {"reward_model": "judge"} if issubclass(config, RoundsConfig) else {}
    rewards = {"rules": "format=1"} if issubclass(config, RewardedConfig) else {}
    return config.from_dict(REQUIRED | model | judge | rewards | values)


@pytest.mark.parametrize("config", CONFIGS)
def test_every_field_has_a_sentence_and_a_default_within_its_limits(
    config: type[TrainerConfig],
) -> None:
    for info in config.options():
        assert len(info.help.split()) >= 3, info
        assert info.help.endswith("."), info
        assert type(info.default) is info.kind
    assert made(config).as_dict()["trainer"] == config.trainer


@pytest.mark.parametrize("config", CONFIGS)
def test_json_and_text_give_the_same_settings_back(config: type[TrainerConfig]) -> None:
    first = made(config, seed=7)
    assert config.from_dict(json.loads(json.dumps(first.as_dict()))) == first
    text = {k: str(v) for k, v in first.as_dict().items() if k != "trainer"}
    assert config.from_text(text) == first


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sed": 1}, "Unknown setting sed: reward_model knows"),
        ({"seed": "1"}, "seed must be a whole number"),
        ({"seed": True}, "seed must be a whole number"),
        ({"seed": 2**32}, "seed is 4294967296: give a number from 0 to 4294967295"),
        ({"threads": 1025}, "threads is 1025: give a number from 0 to 1024"),
        ({"epochs": -1}, "epochs is -1.0: give a number from 0.001 to 1000"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"loss": "dpo"}, "loss is 'dpo': choose one of pairwise, plackett_luce"),
        ({"dataset": ""}, "dataset is empty"),
        ({"model": ""}, "model is empty"),
        ({"labeler_fold": 2}, "labeler_fold is 2, but held_out_labelers holds out nobody: set it"),
        ({"trainer": "dpo"}, "for the trainer 'dpo'"),
    ],
)
def test_a_bad_value_is_named_with_its_remedy(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        made(RewardModelConfig, **values)


def test_settings_that_contradict_one_another_are_refused() -> None:
    with pytest.raises(ConfigError, match="label_smoothing is 0"):
        made(PreferenceConfig, loss="robust")
    with pytest.raises(ConfigError, match="exactly one"):
        made(GenerateConfig, prompts_file="p.jsonl")
    with pytest.raises(ConfigError, match="learned nothing"):
        made(GenerateConfig, model="tiny")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"loss": "simpo", "reference_model": "m"}, "loss simpo knows no reference"),
        ({"loss": "plackett_luce", "label_smoothing": 0.1}, "label_smoothing is 0.1, which has no"),
        ({"loss": "plackett_luce", "margin_scale": 1}, "margin_scale is 1.0, which has no"),
    ],
)
def test_what_has_no_meaning_for_a_loss_or_its_reference_is_refused(
    values: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        made(PreferenceConfig, **values)


@pytest.mark.parametrize("config", [KtoConfig, PreferenceConfig])
def test_what_compares_with_a_reference_starts_gently_and_refuses_two(
    config: type[TrainerConfig],
) -> None:
    assert made(config).as_dict()["learning_rate"] == 5e-5
    assert made(config, reference="adapters_off").as_dict()["samples"] == 2
    with pytest.raises(ConfigError, match="no adapters to switch off"):
        made(config, reference="adapters_off", tuning="full")
    with pytest.raises(ConfigError, match="reference_model names another"):
        made(config, reference="adapters_off", reference_model="m")


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("No", False), ("on", True), ("0", False)]
)
def test_truth_words(text: str, value: bool) -> None:
    config = RewardModelConfig.from_text({"dataset": "d", "learn_from_ties": text})
    assert config.learn_from_ties is value


def test_text_of_the_wrong_kind_is_named() -> None:
    with pytest.raises(ConfigError, match="learn_from_ties must be true"):
        RewardModelConfig.from_text({"dataset": "d", "learn_from_ties": "maybe"})
    with pytest.raises(ConfigError, match="seed must be a whole"):
        RewardModelConfig.from_text({"dataset": "d", "seed": "1.5"})


def test_reading_the_catalog_loads_neither_torch_nor_django() -> None:
    script = (
        "import sys, training.trainers.catalog, training.run_dir\n"
        "print([m for m in ('torch', 'transformers', 'django') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
