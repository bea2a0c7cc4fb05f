"""Policies learn from preferences with every loss, from a reference that is their own start."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.training.trainers.dataset_fixture import make_pairs
from training.run_dir import RunDir
from training.trainers.configs import PREFERENCE_LOSSES, PreferenceConfig
from training.trainers.data.order_batches import with_order
from training.trainers.loop.command_line import StopTraining, StopWatch
from training.trainers.loop.starting import Start, start_run
from training.trainers.models.model_loading import load_policy
from training.trainers.preference import PreferenceLearner, train_policy

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


def settings(dataset: Path, model: Path, **changes: Any) -> Any:
    values = {
        "dataset": str(dataset), "model": str(model), "learning_rate": 3e-3, "threads": 1,
        "evaluate_every": 0, "samples": 0, "sampled_prompts": 0,
    }  # fmt: skip
    return PreferenceConfig.from_dict(values | changes)


def configured(path: Path, dataset: Path, model: Path, **changes: Any) -> tuple[RunDir, Any]:
    run, config = RunDir(path), settings(dataset, model, **changes)
    run.create(config.as_dict())
    return run, config


def training(run: RunDir) -> list[dict[str, Any]]:
    return [r["metrics"] for r in run.read_progress()[0] if r["phase"] == "training"]


@pytest.fixture(scope="module")
def ranked(
    tiny: Path, rankings_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[RunDir, Start]:
    """A run on rankings with ties that all losses start from."""
    run, config = configured(tmp_path_factory.mktemp("ranked") / "run", rankings_dir, tiny)
    return run, start_run(run, config, reward=False)


@pytest.mark.parametrize("loss", PREFERENCE_LOSSES)
def test_every_loss_learns_from_rankings_with_ties(
    loss: str, ranked: tuple[RunDir, Start], tiny: Path, rankings_dir: Path
) -> None:
    run, start = ranked
    flips = {} if loss == "plackett_luce" else {"label_smoothing": 0.1, "margin_scale": 0.5}
    config = settings(rankings_dir, tiny, loss=loss, **flips)
    learner = PreferenceLearner(run, start, config, StopWatch(run))
    batch = with_order(start.train)[:4]
    assert any(not c.decided for example in batch for c in example.comparisons)
    learner.reference.stand_in(batch)
    value, figures = learner.loss(batch)
    learner.model.zero_grad()
    value.backward()
    gradients = [p.grad for p in learner.model.parameters() if p.grad is not None]
    assert math.isfinite(value.item())
    assert all(torch.isfinite(g).all() for g in gradients)
    assert sum(float(g.abs().sum()) for g in gradients) > 0
    assert figures["logp_chosen"] < 0
    if learner.entry.needs_reference:
        assert figures["reward_margin"] == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("loss", ["plackett_luce", "simpo"])
def test_whole_runs_without_a_pair_or_without_a_reference(
    loss: str, tiny: Path, rankings_dir: Path, tmp_path: Path
) -> None:
    run, config = configured(tmp_path / "run", rankings_dir, tiny, loss=loss, max_steps=2)
    result = train_policy(run, config, StopWatch(run))
    assert result["state"] == "done"
    assert len(training(run)) == 2
    assert 0 <= result["metrics"]["held_out_accuracy"] <= 1
    assert result["metrics"]["held_out_loss"] > 0
    assert (run.path / "reference_logps.safetensors").exists() == (loss == "plackett_luce")


def test_dpo_learns_what_was_planted(tiny: Path, tmp_path: Path) -> None:
    make_pairs(tmp_path / "d", train=160, held_out=40)
    run, config = configured(
        tmp_path / "run", tmp_path / "d", tiny, tuning="full", max_steps=40, samples=1,
        sample_tokens=4, sampled_prompts=2,
    )  # fmt: skip
    metrics = train_policy(run, config, StopWatch(run))["metrics"]
    assert metrics["held_out_accuracy_low"] > 0.6
    assert metrics["held_out_reward_margin"] > 0.1
    samples, _ = run.read_samples()
    assert [s["step"] for s in samples] == [0, 40]
    assert samples[0]["prompt"][0]["role"] == "user"
    first, last = (
        json.loads((run.path / "evaluations" / f"step-{step:08d}.json").read_text())
        for step in (0, 40)
    )
    assert first["policy"]["kl_k3"]["value"] == pytest.approx(0, abs=1e-6)
    assert last["policy"]["kl_k3"]["value"] > 1e-4
    assert last["policy"]["logp_chosen"] == metrics["held_out_logp_chosen"]


@pytest.mark.parametrize(
    ("tuning", "reference"), [("lora", "kept"), ("lora", "adapters_off"), ("full", "kept")]
)
def test_the_reference_is_the_start_and_so_the_first_loss_is_log_2(
    tuning: str, reference: str, tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, config = configured(
        tmp_path / "run", pairs_dir, tiny, tuning=tuning, reference=reference, max_steps=2,
        label_weights="equal",
    )  # fmt: skip
    train_policy(run, config, StopWatch(run))
    first, second = training(run)
    assert first["reward_margin"] == first["reward_chosen"] == first["reward_rejected"] == 0.0
    assert first["loss"] == pytest.approx(math.log(2), abs=1e-7)
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


def test_adapters_off_trains_as_kept_values_do(tiny: Path, pairs_dir: Path, tmp_path: Path) -> None:
    losses = []
    for reference in ("kept", "adapters_off"):
        run, config = configured(
            tmp_path / reference, pairs_dir, tiny, reference=reference, max_steps=3
        )
        train_policy(run, config, StopWatch(run))
        losses.append([figures["loss"] for figures in training(run)])
        assert (run.path / "reference_logps.safetensors").exists() == (reference == "kept")
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    assert losses[0][2] < losses[0][0]


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
    assert about["beta"] == config.beta


def test_a_stop_while_reference_values_are_computed_loses_nothing(
    tiny: Path, pairs_dir: Path, tmp_path: Path
) -> None:
    run, config = configured(tmp_path / "run", pairs_dir, tiny, max_steps=2)
    run.request_stop()
    with pytest.raises(StopTraining):
        train_policy(run, config, StopWatch(run))
    run.clear_stop()
    assert train_policy(run, config, StopWatch(run))["state"] == "done"
