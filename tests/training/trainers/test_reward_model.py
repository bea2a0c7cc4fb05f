"""Reward models learn a planted truth, and plain transformers and PEFT load what was learned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from tests.training.trainers.dataset_fixture import make_pairs, make_rankings
from training.run_dir import RunDir
from training.trainers.command_line import StopWatch
from training.trainers.configs import RewardModelConfig
from training.trainers.labelled_prompts import DataError
from training.trainers.reward_model import RewardLearner, train_reward_model
from training.trainers.starting import start_run

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


def trained(path: Path, dataset: Path, model: Path, **changes: Any) -> tuple[RunDir, Any]:
    run = RunDir(path)
    values = {
        "dataset": str(dataset), "model": str(model), "learning_rate": 3e-3, "threads": 1,
        "evaluate_every": 0,
    }  # fmt: skip
    config = RewardModelConfig.from_dict(values | changes)
    run.create(config.as_dict())
    return run, train_reward_model(run, config, StopWatch(run))


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough of both kinds of record to learn from."""
    folder = tmp_path_factory.mktemp("lessons")
    make_pairs(folder / "pairs", train=160, held_out=40)
    make_rankings(folder / "rankings", train=60, held_out=16)
    return folder


@pytest.mark.parametrize(
    ("records", "changes"),
    [
        ("pairs", {"tuning": "full", "max_steps": 40}),
        ("rankings", {"tuning": "lora", "epochs": 4, "lora_rank": 8}),
        ("rankings", {"tuning": "full", "loss": "plackett_luce", "epochs": 4}),
    ],
)
def test_it_learns_what_was_planted(
    records: str, changes: dict[str, Any], lessons: Path, tiny: Path, tmp_path: Path
) -> None:
    run, result = trained(tmp_path / "run", lessons / records, tiny, **changes)
    metrics = result["metrics"]
    assert result["state"] == "done"
    assert metrics["held_out_accuracy_low"] > 0.6
    assert metrics["held_out_accuracy"] > metrics["held_out_accuracy_longer"] + 0.1
    first = next(r for r in run.read_progress()[0] if r["phase"] == "evaluating")
    assert first["metrics"]["held_out_accuracy"] == 0.5
    report = json.loads((run.path / "data_report.json").read_text())
    assert report["shared_prompt"]
    assert report["splits"]["train"]["examples"] > 0


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_plain_loading_gives_the_same_scores(
    tuning: str, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, result = trained(tmp_path / "run", pairs_dir, tiny, tuning=tuning, max_steps=3)
    checkpoint = run.path / "checkpoints" / result["checkpoint"]
    latest = run.latest_checkpoint()
    assert latest is not None
    config = RewardModelConfig.from_dict(run.config() | {"model": str(latest.path)})
    again = RunDir(tmp_path / "again")
    again.create(config.as_dict())
    start = start_run(again, config, reward=True)
    ours = RewardLearner(start, config, StopWatch(again)).scores(start.held_out[:4]).detach()

    model = AutoModelForSequenceClassification.from_pretrained(latest.path, num_labels=1).eval()
    tokenizer = AutoTokenizer.from_pretrained(latest.path)
    rows = [e.prompt + r for e in start.held_out[:4] for r in e.responses]
    padded = tokenizer.pad({"input_ids": rows}, return_tensors="pt", padding_side="right")
    with torch.no_grad():
        theirs = model(**padded).logits.squeeze(-1)
    assert checkpoint.is_dir()
    assert ours.std() > 0
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def test_an_answer_with_and_without_its_end_scores_differently(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, _ = trained(tmp_path / "run", pairs_dir, tiny, tuning="full", max_steps=3)
    latest = run.latest_checkpoint()
    assert latest is not None
    model = AutoModelForSequenceClassification.from_pretrained(latest.path).eval()
    end, pad = model.config.eos_token_id, model.config.pad_token_id
    rows = torch.tensor([[40, 41, pad, pad], [40, 41, end, pad], [40, 41, end, pad]])
    alone = model(torch.tensor([[40, 41, end]])).logits
    scores = model(rows, attention_mask=(rows != pad).long()).logits
    assert scores[0] != scores[1]
    torch.testing.assert_close(scores[2:], alone)


def test_listwise_needs_an_order(tiny: Path, tmp_path: Path) -> None:
    import random

    from exports.records import Comparison
    from tests.training.trainers.dataset_fixture import ranking, write_split

    cycle = [
        Comparison(i=i, j=j, p_i=0.9, p_j=0.1, p_tie=0.0, margin=0.0, n=3)
        for i, j in [(0, 1), (1, 2), (2, 0)]
    ]
    write_split(tmp_path / "d", "train", [ranking(1, random.Random(0), comparisons=cycle)])
    with pytest.raises(DataError, match="choose a pairwise loss"):
        trained(tmp_path / "run", tmp_path / "d", tiny, loss="plackett_luce")


def test_only_ties_are_refused_when_ties_are_not_wanted(tiny: Path, tmp_path: Path) -> None:
    import random

    from exports.records import Comparison
    from tests.training.trainers.dataset_fixture import ranking, write_split

    tie = [Comparison(i=0, j=1, p_i=0.1, p_j=0.1, p_tie=0.8, margin=0.0, n=3)]
    write_split(tmp_path / "d", "train", [ranking(1, random.Random(0), comparisons=tie)])
    with pytest.raises(DataError, match="Every training comparison is a tie"):
        trained(tmp_path / "run", tmp_path / "d", tiny, learn_from_ties=False)
