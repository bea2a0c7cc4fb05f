"""A policy learns to imitate, padded and packed alike, and says how well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.trainers.dataset_fixture import make_demonstrations
from training.run_dir import RunDir
from training.trainers.configs import SftConfig
from training.trainers.loop.command_line import StopWatch
from training.trainers.models.model_loading import load_policy
from training.trainers.sft import train_sft

pytestmark = [
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*pin_memory:UserWarning"),
]


@pytest.fixture(scope="module")
def demonstrations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_demonstrations(tmp_path_factory.mktemp("demonstrations") / "data", train=24)


def configured(path: Path, dataset: Path, model: Path, **changes: Any) -> tuple[RunDir, Any]:
    run = RunDir(path)
    values = {
        "dataset": str(dataset), "model": str(model), "learning_rate": 3e-3, "threads": 1,
        "evaluate_every": 0, "samples": 1, "sample_tokens": 4, "sampled_prompts": 2,
        "max_steps": 2,
    }  # fmt: skip
    config = SftConfig.from_dict(values | changes)
    run.create(config.as_dict())
    return run, config


def losses(run: RunDir) -> list[float]:
    return [r["metrics"]["loss"] for r in run.read_progress()[0] if r["phase"] == "training"]


def test_it_learns_to_write_what_was_shown(
    demonstrations: Path, tiny: Path, tmp_path: Path
) -> None:
    run, config = configured(
        tmp_path / "run", demonstrations, tiny, tuning="full", max_steps=25, learning_rate=1e-2
    )
    result = train_sft(run, config, StopWatch(run))
    evaluations = [r["metrics"] for r in run.read_progress()[0] if r["phase"] == "evaluating"]
    before, after = evaluations[0], evaluations[-1]
    assert after["held_out_loss"] < 0.5 * before["held_out_loss"]
    assert after["held_out_token_accuracy"] > before["held_out_token_accuracy"]
    assert "held_out_response_tokens" in after
    samples = run.read_samples()[0]
    assert [s["step"] for s in samples] == [0, 25]
    checkpoint = run.checkpoints_path / result["checkpoint"]
    assert load_policy(str(checkpoint)).about["kind"] == "policy"


def test_a_step_averages_over_its_response_tokens_however_it_is_cut(
    demonstrations: Path, tiny: Path, tmp_path: Path
) -> None:
    seen = []
    for size, times in ((24, 1), (6, 4)):
        run, config = configured(
            tmp_path / f"{size}", demonstrations, tiny, batch_size=size, accumulation=times,
            max_steps=1,
        )  # fmt: skip
        train_sft(run, config, StopWatch(run))
        (step,) = [r["metrics"] for r in run.read_progress()[0] if r["phase"] == "training"]
        seen.append([step["loss"], step["entropy"]])
    assert seen[0] == pytest.approx(seen[1], rel=1e-4)


def test_packed_rows_teach_the_same(demonstrations: Path, tiny: Path, tmp_path: Path) -> None:
    found = []
    for packing in (False, True):
        run, config = configured(tmp_path / f"{packing}", demonstrations, tiny, packing=packing)
        train_sft(run, config, StopWatch(run))
        found.append(losses(run))
    assert found[0] == pytest.approx(found[1], rel=1e-4)
    report = json.loads((tmp_path / "True" / "data_report.json").read_text())
    assert (report["packing"], report["why_not_packed"]) == (True, None)


def test_with_adapters_the_drift_from_the_start_is_measured(
    pairs_dir: Path, tiny: Path, tmp_path: Path
) -> None:
    run, config = configured(tmp_path / "run", pairs_dir, tiny, learning_rate=3e-2, max_steps=4)
    train_sft(run, config, StopWatch(run))
    evaluations = [r["metrics"] for r in run.read_progress()[0] if r["phase"] == "evaluating"]
    assert evaluations[0]["held_out_kl_k3"] == pytest.approx(0, abs=1e-6)
    assert evaluations[-1]["held_out_kl_k3"] > 0
    report = json.loads((run.path / "data_report.json").read_text())
    assert report["records"] == "preference"
