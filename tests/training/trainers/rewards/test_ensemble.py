"""Ensembles: members of their own seed on one backbone, resumed exactly, scored as one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification

from training.run_dir import RunDir
from training.trainers.configs import RewardModelConfig, ScoreConfig
from training.trainers.loop.command_line import StopWatch
from training.trainers.models.default_model import ModelError
from training.trainers.models.model_loading import load_reward_model, reward_members
from training.trainers.reward_model import train_reward_model
from training.trainers.rewards.ensemble import member_seed
from training.trainers.score import score

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


def prepared(path: Path, dataset: Path, model: str, **changes: Any):
    run = RunDir(path)
    values = {
        "dataset": str(dataset), "model": model, "members": 2, "max_steps": 3, "threads": 1,
        "evaluate_every": 0, "learning_rate": 3e-3, "checkpoint_every": 2,
    }  # fmt: skip
    config = RewardModelConfig.from_dict(values | changes)
    run.create(config.as_dict())
    return run, config


def trained(path: Path, dataset: Path, model: str, **changes: Any) -> tuple[RunDir, Any]:
    run, config = prepared(path, dataset, model, **changes)
    return run, train_reward_model(run, config, StopWatch(run))


@pytest.fixture(scope="module")
def made(pairs_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunDir, Any]:
    """Two members with adapters on a tiny model of the data's own text."""
    return trained(tmp_path_factory.mktemp("ensemble") / "run", pairs_dir, "tiny")


def folder_of(run: RunDir) -> Path:
    latest = run.latest_checkpoint()
    assert latest is not None
    return latest.path


def test_one_folder_names_its_members_and_each_loads_by_itself(made: tuple[RunDir, Any]) -> None:
    run, result = made
    folder = folder_of(run)
    about = json.loads((folder / "accord.json").read_text())
    assert (about["kind"], about["members"]) == ("reward_ensemble", ["member-1", "member-2"])
    assert (result["state"], result["checkpoint"]) == ("done", folder.name)
    members = reward_members(str(folder))
    assert members == [str(folder / "member-1"), str(folder / "member-2")]
    heads = []
    for member in members:
        model = AutoModelForSequenceClassification.from_pretrained(member, num_labels=1)
        heads.append({k: v for k, v in model.state_dict().items() if "score" in k})
        ours = load_reward_model(member, new_head=False).model
        assert ours.config.id2label == {0: "overall"}
    (one,) = (value for key, value in heads[0].items() if "original" not in key)
    (two,) = (value for key, value in heads[1].items() if "original" not in key)
    assert not one.equal(two)
    bases = {json.loads((Path(m) / "adapter_config.json").read_text())["base_model_name_or_path"]
             for m in members}  # fmt: skip
    assert len(bases) == 1
    assert not (folder / "member-1" / "resume.pt").exists()


def test_it_is_judged_together(made: tuple[RunDir, Any]) -> None:
    run, result = made
    metrics = result["metrics"]
    assert metrics["held_out_pairs"] == 16
    assert metrics["held_out_spread"] > 0
    report = json.loads((run.path / "outputs" / "report.json").read_text())
    assert len(report["members"]) == 2
    assert json.loads((run.path / "data_report.json").read_text())["splits"]["train"]["rows"] == 32


def test_its_progress_goes_through_all_members(made: tuple[RunDir, Any]) -> None:
    run, _ = made
    lines = [line for line in run.read_progress()[0] if line["phase"] == "training"]
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert {line["total_steps"] for line in lines} == {6}
    assert [line["metrics"]["member"] for line in lines] == [1, 1, 1, 2, 2, 2]
    estimate = json.loads((run.path / "data_report.json").read_text())["estimate"]
    assert estimate["steps"] == 6


def test_the_score_trainer_takes_it_as_one_model(made: tuple[RunDir, Any], tmp_path: Path) -> None:
    folder = folder_of(made[0])
    line = {
        "prompt": [{"role": "user", "content": "Say tea."}],
        "responses": [{"id": 7, "messages": [{"role": "assistant", "content": "kind tea"}]}],
    }
    found = []
    for number, model in enumerate([str(folder), *reward_members(str(folder))]):
        run = RunDir(tmp_path / str(number))
        config = ScoreConfig.from_dict({"model": model, "threads": 1})
        run.create(config.as_dict())
        (run.path / "inputs").mkdir()
        (run.path / "inputs" / "responses.jsonl").write_text(json.dumps(line) + "\n")
        score(run, config, StopWatch(run))
        found.append(json.loads((run.outputs_path / "scores.jsonl").read_text()))
    together, one, two = found
    assert together["mean"] == pytest.approx((one["mean"] + two["mean"]) / 2)
    assert together["spread"] == pytest.approx(abs(one["mean"] - two["mean"]) / 2)
    assert together["spread"] > 0


def test_it_is_no_single_model(made: tuple[RunDir, Any]) -> None:
    with pytest.raises(ModelError, match="is an ensemble: name one of its members"):
        load_reward_model(str(folder_of(made[0])), new_head=True)


def test_an_interrupted_ensemble_ends_with_the_same_weights(
    made: tuple[RunDir, Any], pairs_dir: Path, tmp_path: Path
) -> None:
    run, config = prepared(tmp_path / "run", pairs_dir, "tiny")

    class StopsInTheSecondMember(StopWatch):
        def state(self) -> str | None:
            lines = run.read_progress()[0] if run.progress_path.exists() else []
            return "preempted" if any(line["step"] == 5 for line in lines) else None

    stopped = train_reward_model(run, config, StopsInTheSecondMember(run))
    assert (stopped["state"], stopped["checkpoint"]) == ("preempted", "step-00000003")
    assert train_reward_model(run, config, StopWatch(run))["state"] == "done"
    for member in ("member-1", "member-2"):
        name = Path(member) / "adapter_model.safetensors"
        one, two = load_file(folder_of(run) / name), load_file(folder_of(made[0]) / name)
        assert all(one[key].equal(two[key]) for key in two)
    steps = [line["step"] for line in run.read_progress()[0] if line["phase"] == "training"]
    assert steps == [1, 2, 3, 4, 5, 6]


def test_members_of_a_fully_trained_ensemble_begin_apart(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    changes: dict[str, Any] = {"tuning": "full", "max_steps": 4, "freeze_fraction": 0.5}
    run, _ = trained(tmp_path / "run", pairs_dir, str(tiny), **changes)
    one, two = (load_reward_model(m, new_head=False) for m in reward_members(str(folder_of(run))))
    assert not one.model.score.weight.equal(two.model.score.weight)
    # What is frozen is the same for both, so it was computed once.
    states = [run.path / "members" / name / "frozen_states.safetensors" for name in "12"]
    assert states[0].samefile(states[1])
    assert member_seed(1, 1) != member_seed(1, 2) != member_seed(2, 1)
