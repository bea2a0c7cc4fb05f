"""Runs handed over: files that load, and what cannot be handed over."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

from tests.training.trainers.soups.two_policies import make_adapters, make_judge
from training.run_dir import RunDir
from training.trainers import hand_over
from training.trainers.configs import PpoConfig

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


@pytest.fixture(scope="module")
def made(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("handed")
    return (
        make_adapters(tiny, folder / "policy", 1),
        make_judge(tiny, folder / "judge", ["helpful", "short"], seed=2),
    )


def run_of(path: Path, policy: Path, pairs_dir: Path, **changes: Any) -> RunDir:
    run = RunDir(path)
    given = {"model": str(policy), "dataset": str(pairs_dir), "batch_size": 8} | changes
    run.create(PpoConfig.from_dict(given).as_dict())
    return run


def test_a_run_with_a_reward_model_for_openrlhf(
    made: tuple[Path, Path], pairs_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy, judge = made
    run = run_of(
        tmp_path / "careful", policy, pairs_dir, reward_model=str(judge), reward_model_weight=0.5,
        head_weights="helpful=1", ptx_coefficient=0.1, ptx_data="texts.txt",
    )  # fmt: skip
    out = tmp_path / "out"
    words = [str(run.path), "--to", "openrlhf", "--out", str(out), "--gpus", "2"]
    assert hand_over.main(words) == 0
    prompts = load_dataset("json", data_files=str(out / "train.jsonl"))["train"]
    assert len(prompts) == 32
    assert prompts[0]["prompt"][0]["role"] == "user"
    assert len(load_dataset("json", data_files=str(out / "test.jsonl"))["train"]) == 16
    AutoModelForCausalLM.from_pretrained(out / "policy")
    reward = AutoModelForSequenceClassification.from_pretrained(out / "reward_model")
    own = AutoModelForSequenceClassification.from_pretrained(judge)
    assert reward.score.weight.shape == (1, 32)
    assert reward.score.weight[0].tolist() == pytest.approx((own.score.weight[0] * 0.5).tolist())
    launch = (out / "launch.sh").read_text()
    assert "--reward.model_name_or_path \\\n  reward_model" in launch
    assert subprocess.run(["bash", "-n", str(out / "launch.sh")]).returncode == 0
    assert "ptx_coefficient" in (out / "README.md").read_text()
    assert "launch.sh" in capsys.readouterr().out
    assert hand_over.main(words) == 1
    assert "exists already" in capsys.readouterr().err


def test_a_run_on_rules_for_verl(made: tuple[Path, Path], pairs_dir: Path, tmp_path: Path) -> None:
    run = run_of(tmp_path / "ruled", made[0], pairs_dir, rules="length(target=9)=1")
    out = tmp_path / "out"
    assert hand_over.main([str(run.path), "--to", "verl", "--out", str(out), "--gpus", "1"]) == 0
    assert (out / "train.parquet").is_file()
    assert "length(target=9)=1" in (out / "reward.py").read_text()
    assert not (out / "reward_model").exists()
    assert "custom_reward_function.path=reward.py" in (out / "launch.sh").read_text()


@pytest.mark.parametrize(
    ("changes", "more", "message"),
    [
        ({"rules": "json=1", "reward_model": "m"}, [], "rules and by a reward_model"),
        ({"rules": "json=1", "reward_function": "a.b:c=1"}, [], "code of yours"),
        ({"rules": "json=1"}, ["--gpus", "64"], "minibatches is 8, less than one"),
        ({"rules": "json=1"}, ["--gpus", "0"], "at least 1 each"),
        ({"rules": "json=1", "model": "tiny"}, [], "made for trying out"),
    ],
)
def test_what_cannot_be_handed_over_is_said(
    changes: dict[str, Any], more: list[str], message: str, made: tuple[Path, Path],
    pairs_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    run = run_of(tmp_path / "run", made[0], pairs_dir, **changes)
    words = [str(run.path), "--to", "verl", "--out", str(tmp_path / "out"), *more]
    assert hand_over.main(words) == 1
    assert message in capsys.readouterr().err
    assert not list(tmp_path.glob("*out"))


def test_a_run_of_another_kind_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RunDir(tmp_path / "run")
    run.create({"trainer": "sft", "dataset": "d"})
    assert hand_over.main([str(run.path), "--to", "verl", "--out", str(tmp_path / "out")]) == 1
    assert "for the trainer 'sft'" in capsys.readouterr().err
