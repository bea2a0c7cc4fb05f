"""Reward models learn a planted truth, and transformers, PEFT and TRL load what was learned."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from exports.records import Comparison
from tests.training.trainers.dataset_fixture import (
    make_pairs,
    make_rankings,
    pair,
    ranking,
    write_split,
)
from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.configs import RewardModelConfig
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.record_datasets import Example
from training.trainers.loop.command_line import StopWatch
from training.trainers.loop.starting import start_run
from training.trainers.models.model_loading import load_reward_model
from training.trainers.reward_model import RewardLearner, train_reward_model

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


def settings(dataset: Path, model: Path, **changes: Any) -> RewardModelConfig:
    values = {
        "dataset": str(dataset), "model": str(model), "learning_rate": 3e-3, "threads": 1,
        "evaluate_every": 0,
    }  # fmt: skip
    return RewardModelConfig.from_dict(values | changes)


def trained(path: Path, dataset: Path, model: Path, **changes: Any) -> tuple[RunDir, Any]:
    run, config = RunDir(path), settings(dataset, model, **changes)
    run.create(config.as_dict())
    return run, train_reward_model(run, config, StopWatch(run))


def learner_of(path: Path, config: RewardModelConfig) -> RewardLearner:
    """A learner before its first step."""
    run = RunDir(path)
    run.create(config.as_dict())
    return RewardLearner(run, start_run(run, config, reward=True), config, StopWatch(run))


def latest(run: RunDir) -> Path:
    checkpoint = run.latest_checkpoint()
    assert checkpoint is not None
    return checkpoint.path


@pytest.mark.parametrize("max_steps", [2, 4])
def test_a_head_alone_learns_and_goes_on(
    max_steps: int, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    changes: dict[str, Any] = {"freeze_fraction": 1.0, "batch_size": 4, "checkpoint_every": 2}
    run, _ = trained(tmp_path / "run", pairs_dir, tiny, max_steps=2, **changes)
    first = load_reward_model(str(latest(run)), new_head=False).model
    again, result = trained(tmp_path / "run", pairs_dir, tiny, max_steps=max_steps, **changes)
    assert result["state"] == "done"
    second = load_reward_model(str(latest(again)), new_head=False).model
    assert first.score.weight.abs().sum() > 0
    assert first.score.weight.equal(second.score.weight) is (max_steps == 2)
    plain = AutoModelForSequenceClassification.from_pretrained(tiny, num_labels=1)
    for name, weight in plain.model.named_parameters():
        assert weight.equal(second.model.get_parameter(name)), name


@torch.no_grad()
def plain_scores(model: Any, tokenizer: Any, examples: Sequence[Example]) -> Tensor:
    """What transformers' own forward pass gives for plain rows."""
    rows = [e.prompt + r for e in examples for r in e.responses]
    padded = tokenizer.pad({"input_ids": rows}, return_tensors="pt", padding_side="right")
    logits: Tensor = model(**padded).logits
    return logits.squeeze(-1)


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough of both kinds of record to learn from."""
    folder = tmp_path_factory.mktemp("lessons")
    make_pairs(folder / "pairs", train=160, held_out=40)
    make_rankings(folder / "rankings", train=60, held_out=16)
    return folder


@pytest.fixture(scope="module")
def two_criteria(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the same answers the helpful one is the kind one, and the harmless one the other."""
    folder, rng = tmp_path_factory.mktemp("criteria"), random.Random(0)
    for split, start, count in [("train", 0, 240), ("validation", 1000, 60)]:
        records: list[Any] = []
        for n in range(start, start + count):
            helpful = n % 2
            made = pair(n, rng, criterion="helpful" if helpful else "harmless")
            turned = {"chosen": made.rejected, "rejected": made.chosen}
            records.append(made if helpful else pair(n, rng, **vars(made) | turned))
        write_split(folder, split, records)
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
def test_transformers_and_trl_give_the_same_scores(
    tuning: str, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, result = trained(tmp_path / "run", pairs_dir, tiny, tuning=tuning, max_steps=3)
    assert (run.path / "checkpoints" / result["checkpoint"]).is_dir()
    config = settings(pairs_dir, latest(run), tuning=tuning)
    learner = learner_of(tmp_path / "again", config)
    examples = learner.start.held_out[:4]
    ours = learner.scores(examples).detach()
    assert ours.std() > 0

    model = AutoModelForSequenceClassification.from_pretrained(latest(run), num_labels=1).eval()
    tokenizer = AutoTokenizer.from_pretrained(latest(run))
    plain = plain_scores(model, tokenizer, examples)
    torch.testing.assert_close(ours, plain, atol=1e-5, rtol=1e-4)

    folder = latest(run)
    if tuning == "lora":
        folder = tmp_path / "merged"
        merged = load_reward_model(str(latest(run)), new_head=False)
        merged.model.save_pretrained(folder)
        merged.tokenizer.save_pretrained(folder)
    theirs = trl_scores(folder, examples, tmp_path / "trl")
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def trl_scores(folder: Path, examples: Sequence[Example], output: Path) -> Tensor:
    """Scores of a checkpoint by the model that TRL's trainer loads from it."""
    from datasets import Dataset
    from trl import RewardConfig, RewardTrainer

    rows = [{"chosen_ids": e.prompt + e.responses[0], "rejected_ids": e.prompt + e.responses[1]}
            for e in examples]  # fmt: skip
    arguments = RewardConfig(
        output_dir=str(output), bf16=False, use_cpu=True, report_to=[], disable_tqdm=True,
        activation_checkpointing=False, per_device_eval_batch_size=len(rows),
    )  # fmt: skip
    trainer = RewardTrainer(
        model=str(folder), args=arguments, train_dataset=Dataset.from_list(rows)
    )
    return plain_scores(trainer.model.eval(), trainer.processing_class, examples)


def test_the_loss_of_pairs_is_trls(tiny: Path, pairs_dir: Path, tmp_path: Path) -> None:
    from tests.training.trainers.losses.test_reward import trl_reward_loss

    changes = {"label_weights": "equal", "margin_scale": 1.5, "centering": 0.1, "tuning": "full"}
    learner = learner_of(tmp_path / "run", settings(pairs_dir, tiny, **changes))
    with torch.no_grad():
        learner.model.score.weight.normal_(generator=torch.Generator().manual_seed(0))
        batch = learner.start.train[:5]
        loss, _ = learner.loss(batch)
        scores = learner.scores(batch).view(5, 2)
    sides = [(c.better, c.worse) for e in batch for c in e.comparisons]
    better, worse = (
        torch.stack([scores[n, side[place]] for n, side in enumerate(sides)]) for place in (0, 1)
    )
    margin = torch.tensor([1.5 * c.margin for e in batch for c in e.comparisons])
    assert margin.min() > 0
    theirs = trl_reward_loss(torch.cat([better, worse]), margin, 0.1)
    torch.testing.assert_close(loss / 5, theirs)


def test_the_loss_of_a_ranking_by_hand(tiny: Path, tmp_path: Path) -> None:
    """Three responses: one sure pair, one that half the votes call a tie, one tie."""
    says = [(0, 1, 1.0, 0.0, 0.0, 1.0), (0, 2, 0.6, 0.0, 0.4, 0.5), (1, 2, 0.1, 0.1, 0.8, 0.0)]
    made = ranking(
        1,
        random.Random(0),
        comparisons=[
            Comparison(i=i, j=j, p_i=p, p_j=q, p_tie=t, margin=m, n=3) for i, j, p, q, t, m in says
        ],
    )
    write_split(tmp_path / "data", "train", [made])
    learner = learner_of(tmp_path / "run", settings(tmp_path / "data", tiny, margin_scale=2.0))
    scores = torch.tensor([1.0, 0.5, -0.25, 0.0])
    learner.scores = lambda batch: scores  # type: ignore[method-assign]
    loss, figures = learner.loss(learner.start.train)

    def minus_log_sigmoid(x: float) -> float:
        return -torch.nn.functional.logsigmoid(torch.tensor(x)).item()

    def tie(difference: float) -> float:
        return (minus_log_sigmoid(difference) + minus_log_sigmoid(-difference)) / 2

    first = minus_log_sigmoid(0.5 - 2.0)
    second = 0.6 * minus_log_sigmoid(1.25 - 1.0) + 0.4 * tie(1.25)
    third = 0.1 * (minus_log_sigmoid(0.75) + minus_log_sigmoid(-0.75)) + 0.8 * tie(0.75)
    assert loss.item() == pytest.approx((first + second + third) / 3, rel=1e-5)
    assert figures["accuracy"] == 1.0


@pytest.mark.parametrize("tuning", ["full", "lora"])
def test_each_criterion_has_a_head_that_plain_loading_gives_back(
    tuning: str, two_criteria: Path, tiny: Path, tmp_path: Path
) -> None:
    run, result = trained(
        tmp_path / "run", two_criteria, tiny, tuning=tuning, max_steps=40, batch_size=16
    )
    assert result["metrics"]["held_out_accuracy"] > 0.8
    report = json.loads((run.path / "outputs" / "report.json").read_text())
    by_head = {name: heads["by_criterion"] for name, heads in report["heads"].items()}
    for name, other in [("helpful", "harmless"), ("harmless", "helpful")]:
        assert by_head[name][name]["accuracy"] > 0.7
        assert by_head[name][other]["accuracy"] < 0.3

    model = AutoModelForSequenceClassification.from_pretrained(latest(run)).eval()
    assert model.config.id2label == {0: "harmless", 1: "helpful"}
    learner = learner_of(tmp_path / "again", settings(two_criteria, latest(run), tuning="full"))
    examples = learner.start.held_out[:6]
    with torch.no_grad():
        ours = learner.scorer.every_head(examples)
    theirs = plain_scores(model, AutoTokenizer.from_pretrained(latest(run)), examples)
    assert ours.shape == (12, 2)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def test_heads_can_be_chosen_or_shared(two_criteria: Path, tiny: Path, tmp_path: Path) -> None:
    changes: dict[str, Any] = {"tuning": "full", "max_steps": 1}
    run, _ = trained(tmp_path / "some", two_criteria, tiny, criteria="helpful", **changes)
    about = json.loads((latest(run) / "accord.json").read_text())
    assert about["criteria"] == ["helpful"]
    report = json.loads((run.path / "outputs" / "report.json").read_text())
    assert set(report["by_criterion"]) == {"helpful"}
    run, _ = trained(tmp_path / "one", two_criteria, tiny, criteria="one", **changes)
    assert json.loads((latest(run) / "config.json").read_text())["id2label"] == {"0": "reward"}
    with pytest.raises(ConfigError, match="criteria names kind, and the training records have"):
        trained(tmp_path / "none", two_criteria, tiny, criteria="kind", **changes)


def test_an_answer_with_and_without_its_end_scores_differently(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, _ = trained(tmp_path / "run", pairs_dir, tiny, tuning="full", max_steps=3)
    model = AutoModelForSequenceClassification.from_pretrained(latest(run)).eval()
    end, pad = model.config.eos_token_id, model.config.pad_token_id
    rows = torch.tensor([[40, 41, pad, pad], [40, 41, end, pad], [40, 41, end, pad]])
    alone = model(torch.tensor([[40, 41, end]])).logits
    scores = model(rows, attention_mask=(rows != pad).long()).logits
    assert scores[0] != scores[1]
    torch.testing.assert_close(scores[2:], alone)


def test_listwise_needs_an_order(tiny: Path, tmp_path: Path) -> None:
    cycle = [
        Comparison(i=i, j=j, p_i=0.9, p_j=0.1, p_tie=0.0, margin=0.0, n=3)
        for i, j in [(0, 1), (1, 2), (2, 0)]
    ]
    write_split(tmp_path / "d", "train", [ranking(1, random.Random(0), comparisons=cycle)])
    with pytest.raises(DataError, match="choose a pairwise loss"):
        trained(tmp_path / "run", tmp_path / "d", tiny, loss="plackett_luce")
    with pytest.raises(ConfigError, match="are about pairs"):
        settings(tmp_path / "d", tiny, loss="plackett_luce", margin_scale=1.0)


def test_only_ties_are_refused_when_ties_are_not_wanted(tiny: Path, tmp_path: Path) -> None:
    tie = [Comparison(i=0, j=1, p_i=0.1, p_j=0.1, p_tie=0.8, margin=0.0, n=3)]
    write_split(tmp_path / "d", "train", [ranking(1, random.Random(0), comparisons=tie)])
    with pytest.raises(DataError, match="Every training comparison is a tie"):
        trained(tmp_path / "run", tmp_path / "d", tiny, learn_from_ties=False)
