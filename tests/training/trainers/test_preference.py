"""Policies learn from preferences with every loss, from a reference that is their own start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.training.trainers.dataset_fixture import make_pairs
from training.run_dir import RunDir
from training.trainers.command_line import StopTraining, StopWatch
from training.trainers.configs import PREFERENCE_LOSSES, PreferenceConfig
from training.trainers.model_loading import load_policy
from training.trainers.preference import PreferenceLearner, train_policy
from training.trainers.starting import start_run

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


def configured(path: Path, dataset: Path, model: Path, **changes: Any) -> tuple[RunDir, Any]:
    run = RunDir(path)
    values = {
        "dataset": str(dataset), "model": str(model), "learning_rate": 3e-3, "threads": 1,
        "evaluate_every": 0, "samples": 0, "label_smoothing": 0.1,
    }  # fmt: skip
    config = PreferenceConfig.from_dict(values | changes)
    run.create(config.as_dict())
    return run, config


def training(run: RunDir) -> list[dict[str, Any]]:
    return [r["metrics"] for r in run.read_progress()[0] if r["phase"] == "training"]


@pytest.mark.parametrize("loss", PREFERENCE_LOSSES)
def test_every_loss_trains_on_rankings_with_ties(
    loss: str, tiny: Path, rankings_dir: Path, tmp_path: Path
) -> None:
    run, config = configured(tmp_path / "run", rankings_dir, tiny, loss=loss, max_steps=3)
    result = train_policy(run, config, StopWatch(run))
    assert result["state"] == "done"
    figures = training(run)
    assert len(figures) == 3
    assert all(f["loss"] is not None and f["grad_norm"] > 0 for f in figures)
    assert figures[0]["logp_chosen"] < 0
    assert 0 <= result["metrics"]["held_out_accuracy"] <= 1


def test_dpo_learns_what_was_planted(tiny: Path, tmp_path: Path) -> None:
    make_pairs(tmp_path / "d", train=160, held_out=40)
    run, config = configured(
        tmp_path / "run", tmp_path / "d", tiny, tuning="full", max_steps=40, samples=1,
        sample_tokens=4,
    )  # fmt: skip
    metrics = train_policy(run, config, StopWatch(run))["metrics"]
    assert metrics["held_out_accuracy_low"] > 0.6
    assert metrics["held_out_reward_margin"] > 0.1
    samples, _ = run.read_samples()
    assert [s["step"] for s in samples] == [0, 40]
    assert samples[0]["prompt"][0]["role"] == "user"


def test_the_reference_is_the_start_and_so_the_first_loss_is_log_2(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    for tuning in ("lora", "full"):
        run, config = configured(
            tmp_path / tuning, pairs_dir, tiny, tuning=tuning, max_steps=2, label_weights="equal"
        )
        train_policy(run, config, StopWatch(run))
        first, second = training(run)
        assert first["loss"] == pytest.approx(0.693147, abs=1e-5)
        assert first["reward_margin"] == pytest.approx(0, abs=1e-5)
        assert second["loss"] < first["loss"]


def test_reference_values_are_kept_and_survive_a_resume(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, config = configured(tmp_path / "run", pairs_dir, tiny, max_steps=4, checkpoint_every=2)

    class StopAfterTwo(StopWatch):
        def state(self) -> str | None:
            return "cancelled" if len(training(run)) >= 2 else None

    assert train_policy(run, config, StopAfterTwo(run))["state"] == "cancelled"
    kept = load_file(run.path / "reference_logps.safetensors")
    assert len(kept) == 32 + 16
    result = train_policy(run, config, StopWatch(run))
    assert result["state"] == "done"
    again = load_file(run.path / "reference_logps.safetensors")
    assert all(torch.equal(kept[key], again[key]) for key in again)


def test_adapters_off_gives_the_reference_values(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, config = configured(tmp_path / "run", pairs_dir, tiny, max_steps=3)
    train_policy(run, config, StopWatch(run))
    start = start_run(run, config, reward=False)
    learner = PreferenceLearner(run, start, config, StopWatch(run))
    batch = start.held_out[:5]
    assert learner.reference.read(batch)
    from training.trainers.shared_prompt import response_logps

    with torch.no_grad(), start.model.disable_adapter():
        off = response_logps(start.model, learner.lay_out(batch))
    torch.testing.assert_close(learner.reference.of(batch), off, atol=1e-4, rtol=1e-5)
    with torch.no_grad():
        on = response_logps(start.model, learner.lay_out(batch))
    assert (on - off).abs().max() > 1e-3


def test_a_second_run_starts_from_the_first_ones_policy(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    first, config = configured(tmp_path / "one", pairs_dir, tiny, max_steps=3)
    train_policy(first, config, StopWatch(first))
    second, config = configured(tmp_path / "two", pairs_dir, first.path, max_steps=2)
    train_policy(second, config, StopWatch(second))
    assert (second.path / "base" / "model.safetensors").is_file()
    ids = torch.tensor([[5, 6, 7]])
    base = load_policy(str(second.path / "base")).model(ids).logits
    end_of_first = load_policy(str(first.path)).model(ids).logits
    torch.testing.assert_close(base, end_of_first)
    latest = second.latest_checkpoint()
    assert latest is not None
    about = load_policy(str(latest.path)).about
    assert about["starting_model"] == str((second.path / "base").resolve())


def test_a_stop_while_reference_values_are_computed_loses_nothing(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, config = configured(tmp_path / "run", pairs_dir, tiny, max_steps=2)
    run.request_stop()
    with pytest.raises(StopTraining):
        train_policy(run, config, StopWatch(run))
    run.clear_stop()
    assert train_policy(run, config, StopWatch(run))["state"] == "done"
