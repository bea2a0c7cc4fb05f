"""The start of a run: the report, the tiny model, the fall back to separate rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer, MistralConfig, MistralForCausalLM

from tests.training.trainers.test_exact_resume import assert_equal
from training.run_dir import RunDir
from training.trainers.configs import OptimisationConfig, PreferenceConfig, RewardModelConfig
from training.trainers.loop.command_line import StopWatch
from training.trainers.loop.starting import start_run
from training.trainers.models.saving import save_checkpoint
from training.trainers.reward_model import train_reward_model


def configured(
    path: Path,
    dataset: Path,
    model: str,
    kind: type[OptimisationConfig] = RewardModelConfig,
    **changes: Any,
) -> tuple[RunDir, Any]:
    run = RunDir(path)
    values = {"dataset": str(dataset), "model": model, "threads": 1, "evaluate_every": 0}
    config = kind.from_dict(values | changes)
    run.create(config.as_dict())
    return run, config


def test_the_report_says_what_the_trainer_sees(tiny: Path, pairs_dir: Path, tmp_path: Path) -> None:
    run, config = configured(tmp_path / "run", pairs_dir, str(tiny), evaluation_prompts=5)
    start = start_run(run, config, reward=True)
    report = json.loads((run.path / "data_report.json").read_text())
    assert (len(start.train), len(start.held_out), start.held_out_split) == (32, 5, "validation")
    assert report["pad_token"] != report["end_token"]
    assert report["text"]["missing_eos"] == 0
    assert report["why_not_shared"] is None
    assert start.starting_model == start.base == str(tiny)


def test_tiny_is_made_from_the_datasets_own_text_and_kept(pairs_dir: Path, tmp_path: Path) -> None:
    run, config = configured(tmp_path / "run", pairs_dir, "tiny")
    start = start_run(run, config, reward=True)
    assert (run.path / "base" / "model.safetensors").is_file()
    assert len(start.tokenizer("kind rude tea").input_ids) <= 5
    again = start_run(run, config, reward=True)
    assert again.train == start.train


def test_adapters_on_adapters_begin_the_same_when_a_run_starts_again(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    """The first start merges the old adapters, the second reads what the first wrote."""
    run, config = configured(tmp_path / "old", pairs_dir, str(tiny), PreferenceConfig)
    old = start_run(run, config, reward=False)
    (tmp_path / "adapters").mkdir()
    save_checkpoint(
        tmp_path / "adapters", model=old.model, tokenizer=old.tokenizer, base=old.base,
        about={"kind": "policy"},
    )  # fmt: skip
    run, config = configured(
        tmp_path / "run", pairs_dir, str(tmp_path / "adapters"), PreferenceConfig
    )
    first, second = (start_run(run, config, reward=False).model.state_dict() for _ in range(2))
    assert (run.path / "base").is_dir()
    assert_equal(dict(first), dict(second))


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_a_short_attention_window_means_separate_rows(
    tuning: str, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    config = MistralConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, intermediate_size=32, sliding_window=4, pad_token_id=0,
        eos_token_id=2, bos_token_id=1,
    )  # fmt: skip
    MistralForCausalLM(config).save_pretrained(tmp_path / "windowed")
    tokenizer.save_pretrained(tmp_path / "windowed")
    run, config = configured(
        tmp_path / "run", pairs_dir, str(tmp_path / "windowed"), tuning=tuning, max_steps=2
    )
    assert train_reward_model(run, config, StopWatch(run))["state"] == "done"
    report = json.loads((run.path / "data_report.json").read_text())
    assert not report["shared_prompt"]
    assert "window of 4 tokens is shorter" in report["why_not_shared"]
