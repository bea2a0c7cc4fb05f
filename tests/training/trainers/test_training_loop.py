"""The loop: exact resume, stops, broken losses, full disks, and the learning rate."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from training.run_dir import RunDir
from training.trainers.command_line import StopWatch, explain
from training.trainers.config_fields import ConfigError
from training.trainers.configs import RewardModelConfig
from training.trainers.labelled_prompts import Labelled
from training.trainers.record_datasets import Example
from training.trainers.training_loop import (
    Evaluation,
    TrainingDivergedError,
    TrainingLoop,
    learning_rate_share,
)


def example(number: int) -> Example:
    one = Labelled(better=0, worse=1, p_better=1, p_worse=0, p_tie=0, margin=0)
    return Example(
        id=str(number), cluster=str(number), prompt=[number], responses=[[1], [2]], chars=[1, 1],
        comparisons=[one], messages=[],
    )  # fmt: skip


EXAMPLES = [example(n) for n in range(13)]


class NoisyLine:
    """Fits a line to the examples' numbers, with torch noise in every loss."""

    def __init__(self, on_loss: Callable[[int], None] = lambda count: None) -> None:
        torch.manual_seed(0)
        self.model = torch.nn.Sequential(
            torch.nn.Linear(1, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)
        )
        self.on_loss = on_loss
        self.losses = 0
        self.scores = iter([0.0, -3.0, -1.0, -2.0, -2.5, -2.6, -2.7])

    def loss(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float]]:
        self.losses += 1
        self.on_loss(self.losses)
        x = torch.tensor([[float(e.prompt[0])] for e in batch]) / 13
        noise = 0.1 * torch.randn(len(batch), 1)
        value = ((self.model(x) - x**2 + noise) ** 2).sum()
        return value, {"size": float(len(batch) ** 2)}

    def evaluate(self, step: int) -> Evaluation | None:
        score = next(self.scores)
        return Evaluation({"held_out_loss": -score}, score)

    def save(self, folder: Path) -> None:
        save_file(self.model.state_dict(), folder / "model.safetensors")

    def load(self, run: RunDir) -> NoisyLine:
        latest = run.latest_checkpoint()
        if latest:
            self.model.load_state_dict(load_file(latest.path / "model.safetensors"))
        return self


def made(tmp_path: Path, learner: NoisyLine, **changes: Any) -> tuple[RunDir, TrainingLoop]:
    values = {
        "dataset": "d", "batch_size": 2, "accumulation": 2, "max_steps": 10, "evaluate_every": 4,
        "checkpoint_every": 3, "learning_rate": 0.01,
    }  # fmt: skip
    config = RewardModelConfig.from_dict(values | changes)
    run = RunDir(tmp_path)
    run.path.mkdir(exist_ok=True)
    return run, TrainingLoop(run, config, learner, EXAMPLES, StopWatch(run))


def final(run: RunDir) -> dict[str, Tensor]:
    latest = run.latest_checkpoint()
    assert latest is not None
    assert latest.step == 10
    return load_file(latest.path / "model.safetensors")


def history(run: RunDir) -> list[tuple[str, int, float | None]]:
    records, _ = run.read_progress()
    return [(r["phase"], r["step"], r["metrics"].get("loss")) for r in records]


def test_an_interrupted_run_ends_with_the_same_bits(tmp_path: Path) -> None:
    whole, loop = made(tmp_path / "whole", NoisyLine())
    assert loop.train()["state"] == "done"

    broken = RunDir(tmp_path / "broken")
    stopper = NoisyLine(on_loss=lambda count: broken.request_stop() if count == 10 else None)
    _, loop = made(broken.path, stopper)
    result = loop.train()
    assert result["state"] == "cancelled"
    latest = broken.latest_checkpoint()
    assert latest is not None
    assert latest.step == 5
    broken.clear_stop()
    torch.manual_seed(99)
    resumed = NoisyLine().load(broken)
    resumed.scores = stopper.scores
    _, loop = made(broken.path, resumed)
    torch.manual_seed(77)
    assert loop.train()["state"] == "done"
    for name, tensor in final(whole).items():
        assert torch.equal(tensor, final(broken)[name]), name
    assert history(broken) == history(whole)


def test_a_crash_goes_back_to_the_last_checkpoint_with_the_same_bits(tmp_path: Path) -> None:
    whole, loop = made(tmp_path / "whole", NoisyLine())
    loop.train()

    def crash(count: int) -> None:
        if count == 14:
            raise RuntimeError("power cut")

    crashing = NoisyLine(on_loss=crash)
    broken, loop = made(tmp_path / "broken", crashing)
    with pytest.raises(RuntimeError, match="power cut"):
        loop.train()
    latest = broken.latest_checkpoint()
    assert latest is not None
    assert latest.step == 6
    assert history(broken)[-1][1] == 7
    resumed = NoisyLine().load(broken)
    resumed.scores = crashing.scores
    _, loop = made(broken.path, resumed)
    loop.train()
    for name, tensor in final(whole).items():
        assert torch.equal(tensor, final(broken)[name]), name
    assert history(broken) == history(whole)


def test_the_best_checkpoint_is_the_result(tmp_path: Path) -> None:
    learner = NoisyLine()
    learner.scores = iter([0.0, -1.0, -0.5, -2.0])
    run, loop = made(tmp_path, learner)
    result = loop.train()
    assert result["checkpoint"] == "step-00000008"
    assert result["metrics"] == {"held_out_loss": 0.5}
    assert [c.step for c in run.checkpoints()] == [8, 9, 10]


def test_figures_are_means_over_prompts(tmp_path: Path) -> None:
    run, loop = made(tmp_path, NoisyLine(), batch_size=3, accumulation=5, max_steps=1)
    loop.train()
    (training,) = [r for r in run.read_progress()[0] if r["phase"] == "training"]
    assert training["metrics"]["size"] == pytest.approx((4 * 9 + 1) / 13)
    assert (training["step"], training["total_steps"], training["epoch"]) == (1, 1, 1.0)


def test_the_gradient_does_not_depend_on_how_a_step_is_cut(tmp_path: Path) -> None:
    class Quiet(NoisyLine):
        def loss(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float]]:
            x = torch.tensor([[float(e.prompt[0])] for e in batch]) / 13
            return ((self.model(x) - x**2) ** 2).sum(), {}

    norms = []
    for size, times in [(13, 1), (1, 13), (4, 4)]:
        run, loop = made(
            tmp_path / f"{size}", Quiet(), batch_size=size, accumulation=times, max_steps=1
        )
        loop.train()
        norms += [
            r["metrics"]["grad_norm"] for r in run.read_progress()[0] if r["phase"] == "training"
        ]
    assert norms == pytest.approx([norms[0]] * 3, rel=1e-5)


def test_a_loss_that_is_no_number_stops_with_the_last_good_checkpoint(tmp_path: Path) -> None:
    learner = NoisyLine()

    def poison(count: int) -> None:
        if count == 9:
            learner.model[0].weight.data.fill_(float("nan"))

    learner.on_loss = poison
    run, loop = made(tmp_path, learner)
    with pytest.raises(
        TrainingDivergedError, match=r"became nan at step 5 .*: lower learning_rate"
    ):
        loop.train()
    latest = run.latest_checkpoint()
    assert latest is not None
    assert latest.step == 4
    assert all(t.isfinite().all() for t in load_file(latest.path / "model.safetensors").values())


def test_a_full_disk_is_one_sentence_and_keeps_what_was_there(tmp_path: Path) -> None:
    learner = NoisyLine()
    run, loop = made(tmp_path, learner)
    save = learner.save

    def full(folder: Path) -> None:
        if run.latest_checkpoint() is not None:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(folder)

    learner.save = full  # type: ignore[method-assign]
    with pytest.raises(OSError, match="No space left") as caught:
        loop.train()
    assert explain(caught.value).startswith("The disk is full: free some space")
    assert [c.step for c in run.checkpoints()] == [3]


def test_other_data_than_the_run_began_with_is_refused(tmp_path: Path) -> None:
    run, loop = made(tmp_path, NoisyLine(), max_steps=3)
    loop.train()
    fewer = TrainingLoop(run, loop.config, NoisyLine(), EXAMPLES[:5], StopWatch(run))
    with pytest.raises(ConfigError, match="started on 13 examples and now has 5"):
        fewer.train()


def test_the_learning_rate_rises_and_falls() -> None:
    shares = [learning_rate_share(step, 10, 0.2) for step in range(10)]
    assert shares == pytest.approx([0.5, 1.0, 1.0, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8])
    assert learning_rate_share(0, 1, 0.0) == 1.0
