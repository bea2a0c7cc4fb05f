"""Held-out agreement of reward models and policies, with intervals, baselines and a verdict."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from exports.records import JudgmentView, PreferencePair
from tests.training.trainers.dataset_fixture import pair, write_split
from tests.training.trainers.short_model import make_short_model
from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.configs import EvaluateConfig, RewardModelConfig
from training.trainers.data.chat_text import ChatText
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.record_datasets import RecordReader
from training.trainers.evaluate import evaluate
from training.trainers.loop.command_line import StopWatch
from training.trainers.models.model_loading import load_policy, load_reward_model
from training.trainers.models.saving import save_checkpoint
from training.trainers.reward_model import train_reward_model
from training.trainers.rewards.reward_heads import fit_heads


def evaluated(path: Path, dataset: Path, model: Path, **changes: Any) -> tuple[RunDir, Any]:
    run = RunDir(path)
    values = {
        "dataset": str(dataset), "model": str(model), "threads": 1, "resamples": 200,
        "sampled_prompts": 2, "sample_tokens": 4,
    }  # fmt: skip
    config = EvaluateConfig.from_dict(values | changes)
    run.create(config.as_dict())
    return run, evaluate(run, config, StopWatch(run))


@pytest.fixture
def reward_model(tiny: Path, tmp_path: Path) -> Path:
    loaded = load_reward_model(str(tiny), new_head=True)
    torch.manual_seed(0)
    torch.nn.init.normal_(loaded.model.score.weight)
    folder = tmp_path / "reward"
    folder.mkdir()
    save_checkpoint(
        folder, model=loaded.model, tokenizer=loaded.tokenizer, base=None,
        about={"kind": "reward_model"},
    )  # fmt: skip
    return folder


@pytest.fixture
def moved_policy(tiny: Path, tmp_path: Path) -> Path:
    """A checkpoint of a policy that says what it was trained with, away from its start."""
    loaded = load_policy(str(tiny))
    with torch.no_grad():
        loaded.model.model.norm.weight.mul_(1.5)
    folder = tmp_path / "policy"
    folder.mkdir()
    save_checkpoint(
        folder, model=loaded.model, tokenizer=loaded.tokenizer, base=None,
        about={"kind": "policy", "starting_model": str(tiny), "loss": "dpo", "beta": 0.1},
    )  # fmt: skip
    return folder


def two_heads(tiny: Path, folder: Path) -> Path:
    """A reward model whose second head says the opposite of its first."""
    loaded = load_reward_model(str(tiny), new_head=True)
    torch.manual_seed(0)
    torch.nn.init.normal_(loaded.model.score.weight)
    fit_heads(loaded.model, ["helpful", "harmless"])
    with torch.no_grad():
        loaded.model.score.weight[1] = -loaded.model.score.weight[0]
    folder.mkdir()
    save_checkpoint(
        folder, model=loaded.model, tokenizer=loaded.tokenizer, base=None,
        about={"kind": "reward_model"},
    )  # fmt: skip
    return folder


def test_a_reward_model(reward_model: Path, pairs_dir: Path, tmp_path: Path) -> None:
    run, result = evaluated(tmp_path / "run", pairs_dir, reward_model)
    report = json.loads((run.outputs_path / "report.json").read_text())
    overall = report["overall"]
    assert (report["scoring"], report["split"], overall["pairs"]) == ("reward", "test", 16)
    assert overall["accuracy_low"] <= overall["accuracy"] <= overall["accuracy_high"]
    assert overall["accuracy_longer"] + overall["accuracy_shorter"] == pytest.approx(1)
    assert sum(part["pairs"] for part in report["by_language"].values()) == 16
    assert set(report["by_strength"]) == {"better"}
    assert result["metrics"]["verdict"] == report["verdict"]
    assert "chance" in report["verdict"]


def test_a_policy_by_likelihood_and_against_itself(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    _, result = evaluated(tmp_path / "a", pairs_dir, tiny)
    assert result["metrics"]["scoring"] == "likelihood"
    _, result = evaluated(tmp_path / "b", pairs_dir, tiny, reference=str(tiny))
    assert result["metrics"]["scoring"] == "implicit"
    assert result["metrics"]["accuracy"] == 0.5
    assert "no better than chance" in result["metrics"]["verdict"]


@pytest.mark.parametrize("reward", [True, False])
def test_records_longer_than_the_models_positions_are_left_out(
    reward: bool, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    text = ChatText(AutoTokenizer.from_pretrained(tiny))
    reader = RecordReader(pairs_dir, text, max_length=1024, data="auto")
    lengths = sorted(example.longest for example in reader.examples("test"))
    model = make_short_model(tiny, tmp_path / "short", lengths[8], reward=reward)
    run, _ = evaluated(tmp_path / "run", pairs_dir, model, sample_tokens=64)
    report = json.loads((run.outputs_path / "report.json").read_text())
    assert 0 < report["overall"]["pairs"] == sum(n <= lengths[8] for n in lengths) < 16


def test_implicit_rewards_find_their_reference_in_the_checkpoint(
    moved_policy: Path, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, result = evaluated(tmp_path / "run", pairs_dir, moved_policy, split="validation")
    report = json.loads((run.outputs_path / "report.json").read_text())
    assert report["reference"] == str(tiny)
    assert result["metrics"]["split"] == "validation"
    assert [r["step"] for r in run.read_progress()[0] if r["phase"] == "evaluating"] == [1, 2, 3, 4]


def test_what_cannot_be_scored_is_refused(
    tiny: Path, pairs_dir: Path, rankings_dir: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="reference is empty"):
        evaluated(tmp_path / "a", pairs_dir, tiny, scoring="implicit")
    with pytest.raises(ConfigError, match="has no reward head"):
        evaluated(tmp_path / "b", pairs_dir, tiny, scoring="reward")
    with pytest.raises(DataError, match="no preference records"):
        evaluated(tmp_path / "c", rankings_dir, tiny, data="preference")


def test_a_policys_rewards_are_calibrated_with_its_own_beta_and_measured_by_what_it_writes(
    moved_policy: Path, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, result = evaluated(tmp_path / "run", pairs_dir, moved_policy)
    report = json.loads((run.outputs_path / "report.json").read_text())
    assert report["calibration"]["pairs"] == 16
    policy = report["policy"]
    assert policy["kl_k3"]["value"] > 0
    assert policy["logp_chosen"] < 0
    assert 0 < policy["distinct_1"] <= 1
    assert result["metrics"]["kl_k3"] == policy["kl_k3"]["value"]
    evaluated(tmp_path / "plain", pairs_dir, tiny, sampled_prompts=0)
    alone = json.loads((tmp_path / "plain" / "outputs" / "report.json").read_text())
    assert alone["calibration"] is None
    assert set(alone["policy"]) == {"logp_chosen", "logp_rejected"}


def test_rankings_are_judged_with_their_ties(
    reward_model: Path, rankings_dir: Path, tmp_path: Path
) -> None:
    run, _ = evaluated(tmp_path / "run", rankings_dir, reward_model)
    report = json.loads((run.outputs_path / "report.json").read_text())
    assert report["overall"]["pairs"] == 8 * 5
    assert report["calibration"]["pairs"] == 8 * 6


def test_a_benchmark_beside_the_dataset_and_alone(
    reward_model: Path,
    pairs_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "bench.jsonl"
    rows = [
        {"prompt": f"Say {n}.", "chosen": ["tea"], "rejected": ["rain", "road", "song"],
         "subset": "Math" if n % 2 else "Focus"}
        for n in range(6)
    ]  # fmt: skip
    file.write_text("\n".join(map(json.dumps, rows)))
    run, result = evaluated(tmp_path / "both", pairs_dir, reward_model, rewardbench=str(file))
    both = json.loads((run.outputs_path / "report.json").read_text())
    assert both["overall"]["pairs"] == 16
    assert set(both["by_subset"]) == {"Focus", "Math"}
    assert result["metrics"]["rewardbench_accuracy"] == both["rewardbench"]["score"]
    assert "RewardBench" in capsys.readouterr().out
    values = {"dataset": "", "model": str(reward_model), "rewardbench": str(file), "threads": 1}
    run = RunDir(tmp_path / "alone")
    config = EvaluateConfig.from_dict(values)
    run.create(config.as_dict())
    evaluate(run, config, StopWatch(run))
    alone = json.loads((run.outputs_path / "report.json").read_text())
    assert alone["by_subset"] == both["by_subset"]
    assert alone["verdict"].endswith("on 6 items of a benchmark.")
    with pytest.raises(ConfigError, match="dataset is empty"):
        EvaluateConfig.from_dict({"model": str(reward_model)})


def test_each_pair_is_judged_by_the_head_of_its_criterion(tiny: Path, tmp_path: Path) -> None:
    rng = random.Random(0)
    records = [pair(n, rng, criterion="harmless" if n % 2 else "helpful") for n in range(12)]
    write_split(tmp_path / "data", "test", records)
    model = two_heads(tiny, tmp_path / "heads")
    run, _ = evaluated(tmp_path / "run", tmp_path / "data", model)
    report = json.loads((run.outputs_path / "report.json").read_text())
    heads = report["heads"]
    assert heads["harmless"]["accuracy"] == pytest.approx(1 - heads["helpful"]["accuracy"])
    for name in ("helpful", "harmless"):
        own = heads[name]["by_criterion"][name]["accuracy"]
        assert report["by_criterion"][name]["accuracy"] == own
    run, _ = evaluated(tmp_path / "one", tmp_path / "data", model, head_weights="helpful=1")
    weighed = json.loads((run.outputs_path / "report.json").read_text())
    assert weighed["overall"]["accuracy"] == heads["helpful"]["accuracy"]
    assert weighed["heads"] == {}


def test_an_ensemble_judges_by_the_mean_of_its_members(
    reward_model: Path, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "ensemble"
    for number, factor in enumerate([1.0, -3.0], start=1):
        loaded = load_reward_model(str(reward_model), new_head=False)
        with torch.no_grad():
            loaded.model.score.weight.mul_(factor)
        member = folder / f"member-{number}"
        member.mkdir(parents=True)
        save_checkpoint(
            member, model=loaded.model, tokenizer=loaded.tokenizer, base=None,
            about={"kind": "reward_model"},
        )  # fmt: skip
    names = ["member-1", "member-2"]
    (folder / "accord.json").write_text(json.dumps({"kind": "reward_ensemble", "members": names}))
    run, _ = evaluated(tmp_path / "run", pairs_dir, folder)
    report = json.loads((run.outputs_path / "report.json").read_text())
    first, second = (member["accuracy"] for member in report["members"])
    assert first == pytest.approx(1 - second)
    # The mean of s and -3 s has the sign of the second.
    assert report["overall"]["accuracy"] == second


def test_labelers_held_out_of_training_are_known_to_its_reports_and_to_later_ones(
    tiny: Path, tmp_path: Path
) -> None:
    rng = random.Random(0)

    def judged(number: int) -> PreferencePair:
        views = [
            JudgmentView(
                id=f"{number} {name}", revision=1, labeler=name, choice="chosen", strength="better",
                shown_first=None, seconds=None,
            )
            for name in ("a", "b", "c")
        ]  # fmt: skip
        return pair(number, rng, judgments=views)

    data = tmp_path / "data"
    write_split(data, "train", [judged(n) for n in range(8)])
    write_split(data, "validation", [judged(100 + n) for n in range(6)])
    run = RunDir(tmp_path / "training")
    config = RewardModelConfig.from_dict(
        {
            "dataset": str(data), "model": str(tiny), "threads": 1, "max_steps": 1,
            "tuning": "full", "held_out_labelers": 1.0,
        }
    )  # fmt: skip
    run.create(config.as_dict())
    result = train_reward_model(run, config, StopWatch(run))
    steps = sorted(path.name for path in (run.path / "evaluations").iterdir())
    assert steps == ["step-00000000.json", "step-00000001.json"]
    groups = json.loads((run.outputs_path / "report.json").read_text())["held_out_labelers"]
    assert (groups["training"]["judgments"], groups["held_out"]["judgments"]) == (12, 6)
    assert "held_out_accuracy_held_out_labelers" in result["metrics"]
    kept_out = json.loads((run.path / "data_report.json").read_text())["held_out_labelers"]
    assert (kept_out["labelers"], kept_out["judgments_left_out"]) == (1, 8)
    later, _ = evaluated(tmp_path / "later", data, run.path)
    again = json.loads((later.outputs_path / "report.json").read_text())
    assert again["held_out_labelers"] == groups
