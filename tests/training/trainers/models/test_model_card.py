"""The card of a checkpoint: front matter that parses, lineage, figures, and no path of here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from training.run_dir import RunDir
from training.trainers.configs import RewardModelConfig
from training.trainers.loop.command_line import StopWatch
from training.trainers.models.model_card import licence_of, merged_card, write_card
from training.trainers.reward_model import train_reward_model

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

MANIFEST = {
    "project": "polite", "name": "spring snapshot", "digest": "abc123", "filters": {"kind": ["x"]},
    "counts": {"preference": {"train": 1200, "test": 90}}, "consensus": {"method": "dawid_skene"},
}  # fmt: skip
METRICS = {
    "held_out_accuracy": 0.71, "held_out_accuracy_low": 0.66, "held_out_accuracy_high": 0.76,
    "held_out_loss": 0.6, "held_out_split": "test", "by_kind": {"x": {"accuracy": 1}},
}  # fmt: skip


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    return folder


def card(folder: Path, dataset: Path, **about: Any) -> str:
    folder.mkdir(exist_ok=True)
    config = RewardModelConfig.from_dict({"dataset": str(dataset), "seed": 7})
    known = {"kind": "reward_model", "base_model": config.model} | about
    (folder / "accord.json").write_text(json.dumps(known))
    write_card(folder, run="run-7", config=config, step=12, metrics=METRICS)
    return (folder / "README.md").read_text()


def front(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text.split("---")[1])
    return found


def test_it_says_what_the_model_is_and_learned_from(dataset: Path, tmp_path: Path) -> None:
    text = card(tmp_path / "step", dataset)
    assert front(text) == {
        "base_model": "HuggingFaceTB/SmolLM2-135M-Instruct",
        "datasets": ["polite/spring-snapshot"],
        "license": "apache-2.0",
        "library_name": "transformers",
        "pipeline_tag": "text-classification",
        "tags": ["accord", "reward-model"],
    }
    for words in (
        "# Reward model of the run run-7, step 12",
        "| held_out_accuracy | 0.71 | 0.66 to 0.76 |",
        "| held_out_loss | 0.6 |  |",
        "on the split test",
        "snapshot `spring snapshot` of the project `polite`, digest `abc123`",
        "preference 1,200 train, 90 test; answers of several people by the method `dawid_skene`",
        'Filters: `{"kind": ["x"]}`',
        '"seed": 7',
        "AutoModelForSequenceClassification.from_pretrained(FOLDER)",
    ):
        assert words in text
    assert str(tmp_path) not in text


def test_what_is_not_known_is_said(tmp_path: Path) -> None:
    base = tmp_path / "some-model"
    base.mkdir()
    folder = tmp_path / "step"
    text = card(folder, tmp_path / "nothing", base_model=str(base), kind="policy")
    assert not {"license", "base_model", "datasets"} & set(front(text))
    assert "`some-model`, licence unknown (not known here: look it up" in text
    assert "Data: nothing, which brought no manifest" in text
    assert str(tmp_path) not in text
    (base / "README.md").write_text("---\ntags:\n- x\nlicense: mit\n---\n# A model\n")
    assert licence_of(str(base)) == "mit"
    assert front(card(folder, tmp_path / "nothing", base_model=str(base)))["license"] == "mit"


def test_merging_makes_it_the_card_of_a_whole_model(dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "step"
    folder.mkdir()
    (folder / "adapter_config.json").write_text("{}")
    text = card(folder, dataset)
    assert front(text)["library_name"] == "peft"
    assert "needs the package peft" in text
    merged = merged_card(text, "reward_model")
    assert front(merged)["library_name"] == "transformers"
    assert "lora" not in front(merged)["tags"]
    assert "peft" not in merged
    assert merged_card("", "policy") == ""


def test_every_checkpoint_of_a_run_has_one(tiny: Path, pairs_dir: Path, tmp_path: Path) -> None:
    run = RunDir(tmp_path / "run")
    config = RewardModelConfig.from_dict(
        {"dataset": str(pairs_dir), "model": str(tiny), "max_steps": 2, "threads": 1}
    )
    run.create(config.as_dict())
    train_reward_model(run, config, StopWatch(run))
    for checkpoint in run.checkpoints():
        text = (checkpoint.path / "README.md").read_text()
        assert f"step {checkpoint.step}" in text
        assert "held_out_accuracy" in text
        for path in (tmp_path, tiny, pairs_dir):
            assert str(path) not in text
