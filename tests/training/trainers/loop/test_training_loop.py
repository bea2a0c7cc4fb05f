"""The loop: exact resume from a stop anywhere, numbers that are none, full disks, figures."""

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
from training.trainers.config_fields import ConfigError
from training.trainers.configs import RewardModelConfig
from training.trainers.data.labelled_prompts import Labelled
from training.trainers.data.record_datasets import Example
from training.trainers.loop.command_line import StopWatch, explain
from training.trainers.loop.reporters import REPORTERS, ReporterEntry
from training.trainers.loop.step_loop import Evaluation, TrainingDivergedError
from training.trainers.loop.training_loop import TrainingLoop


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
        self.scores = {0: 0.0, 4: -3.0, 8: -1.0, 10: -2.0}

    def loss(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float]]:
        self.losses += 1
        self.on_loss(self.losses)
        x = torch.tensor([[float(e.prompt[0])] for e in batch]) / 13
        noise = 0.1 * torch.randn(len(batch), 1)
        value = ((self.model(x) - x**2 + noise) ** 2).sum()
        return value, {"size": float(len(batch) ** 2)}

    def evaluate(self, step: int) -> Evaluation | None:
        score = self.scores.get(step, -2.0)
        return Evaluation({"held_out_loss": -score, "noise": float(torch.randn(()))}, score)

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


def resumed_to_the_end(broken: RunDir) -> None:
    """Go on in what might be another process: other random states, a fresh learner."""
    broken.clear_stop()
    torch.manual_seed(99)
    _, loop = made(broken.path, NoisyLine().load(broken))
    torch.manual_seed(77)
    assert loop.train()["state"] == "done"


def assert_same(broken: RunDir, whole: RunDir) -> None:
    for name, tensor in final(whole).items():
        assert torch.equal(tensor, final(broken)[name]), name
    assert history(broken) == history(whole)


@pytest.mark.parametrize(
    ("losses", "steps"), [(9, 5), (10, 5)], ids=["between steps", "within accumulation"]
)
def test_an_interrupted_run_ends_with_the_same_bits(
    losses: int, steps: int, tmp_path: Path
) -> None:
    whole, loop = made(tmp_path / "whole", NoisyLine())
    assert loop.train()["state"] == "done"

    broken = RunDir(tmp_path / "broken")
    stopper = NoisyLine(on_loss=lambda count: broken.request_stop() if count == losses else None)
    _, loop = made(broken.path, stopper)
    assert loop.train()["state"] == "cancelled"
    latest = broken.latest_checkpoint()
    assert latest is not None
    assert latest.step == steps
    resumed_to_the_end(broken)
    assert_same(broken, whole)


class Sampler(NoisyLine):
    """Writes two random samples per evaluation, and heeds a stop between them."""

    def __init__(self, run: RunDir, stop_at: int | None = None) -> None:
        super().__init__()
        self.run, self.stop_at = run, stop_at

    def evaluate(self, step: int) -> Evaluation | None:
        for _ in range(2):
            self.run.append_samples({"step": step, "response": float(torch.randn(()))})
            if step == self.stop_at:
                self.run.request_stop()
                StopWatch(self.run).check()
        return super().evaluate(step)


@pytest.mark.parametrize("step", [0, 4, 10])
def test_a_stop_within_an_evaluation_takes_back_what_it_began(step: int, tmp_path: Path) -> None:
    whole = RunDir(tmp_path / "whole")
    made(whole.path, Sampler(whole))[1].train()
    broken = RunDir(tmp_path / "broken")
    assert made(broken.path, Sampler(broken, stop_at=step))[1].train()["state"] == "cancelled"
    latest = broken.latest_checkpoint()
    assert latest is not None
    assert latest.step == step
    broken.clear_stop()
    torch.manual_seed(99)
    assert made(broken.path, Sampler(broken).load(broken))[1].train()["state"] == "done"
    assert_same(broken, whole)
    samples = [
        [(r["step"], r["response"]) for r in run.read_samples()[0]] for run in (whole, broken)
    ]
    assert len(samples[0]) == 8
    assert samples[0] == samples[1]


def test_a_stop_while_a_checkpoint_is_written_leaves_that_one(tmp_path: Path) -> None:
    whole, loop = made(tmp_path / "whole", NoisyLine())
    loop.train()
    learner = NoisyLine()
    broken, loop = made(tmp_path / "broken", learner)
    save = learner.save

    def stopped(folder: Path) -> None:
        broken.request_stop()
        save(folder)

    learner.save = stopped  # type: ignore[method-assign]
    assert loop.train()["state"] == "cancelled"
    assert [c.step for c in broken.checkpoints()] == [3]
    resumed_to_the_end(broken)
    assert_same(broken, whole)


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
    resumed_to_the_end(broken)
    assert_same(broken, whole)


def test_the_best_checkpoint_is_the_result(tmp_path: Path) -> None:
    learner = NoisyLine()
    learner.scores = {0: 0.0, 4: -1.0, 8: -0.5, 10: -2.0}
    run, loop = made(tmp_path, learner)
    result = loop.train()
    assert result["checkpoint"] == "step-00000008"
    assert result["metrics"]["held_out_loss"] == 0.5
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


def stopped_at(run: RunDir, loop: TrainingLoop, sentence: str) -> int:
    """The step of the last checkpoint of a run that ends with that sentence; all of it is good."""
    with pytest.raises(TrainingDivergedError, match=sentence):
        loop.train()
    for checkpoint in run.checkpoints():
        weights = load_file(checkpoint.path / "model.safetensors")
        assert all(tensor.isfinite().all() for tensor in weights.values())
    return max((checkpoint.step for checkpoint in run.checkpoints()), default=0)


def test_gradients_without_end_stop_before_they_reach_a_weight(tmp_path: Path) -> None:
    class Steep(NoisyLine):
        def loss(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float]]:
            value, figures = super().loss(batch)
            if self.losses == 8:  # the first of the two passes of step 5; the loss stays finite
                value = value + torch.sqrt(self.model[0].bias.sum() * 0.0)
            return value, figures

    run, loop = made(tmp_path, Steep())
    assert stopped_at(run, loop, r"at step 5 \(gradient norm (inf|nan)\): lower") == 4


def test_an_evaluation_that_is_no_number_stops(tmp_path: Path) -> None:
    learner = NoisyLine()
    learner.scores[8] = float("nan")
    run, loop = made(tmp_path, learner)
    assert stopped_at(run, loop, "held-out score became nan at step 8: lower learning_rate") == 6


def test_a_weight_that_is_no_number_is_never_published(tmp_path: Path) -> None:
    learner = NoisyLine()
    run, loop = made(tmp_path, learner, evaluate_every=0)
    update = loop.optimiser.step

    def overflow(*_: Any) -> None:
        update()
        if loop.state.step == 5:
            learner.model[0].weight.data[0] = float("inf")

    loop.optimiser.step = overflow  # type: ignore[method-assign]
    assert stopped_at(run, loop, "A weight is no longer a number after step 6: lower") == 3


def test_a_learner_may_count_in_other_units_than_prompts(tmp_path: Path) -> None:
    class Counted(NoisyLine):
        def units(self, batch: Sequence[Example]) -> float:
            return 4.0 * len(batch)

        def loss(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float]]:
            return 12.0 * super().loss(batch)[0] / len(batch), {"size": 8.0 * len(batch)}

    run, loop = made(tmp_path, Counted(), max_steps=1)
    loop.train()
    (training,) = [r for r in run.read_progress()[0] if r["phase"] == "training"]
    assert training["metrics"]["size"] == pytest.approx(2.0)


def test_reporters_get_what_the_progress_gets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, Any]] = []

    class Listener:
        def __init__(self, run: RunDir, settings: dict[str, Any]) -> None:
            told.clear()

        def write(self, lines: Sequence[dict[str, Any]]) -> None:
            told.extend(lines)

        def close(self) -> None:
            told.append({"closed": True})

    monkeypatch.setitem(REPORTERS, "mlflow", ReporterEntry(package="json", open=Listener))
    broken = RunDir(tmp_path)
    stopper = NoisyLine(on_loss=lambda count: broken.request_stop() if count == 9 else None)
    made(broken.path, stopper, report_to="mlflow")[1].train()
    broken.clear_stop()
    made(broken.path, NoisyLine().load(broken), report_to="mlflow")[1].train()
    assert told == [*broken.read_progress()[0], {"closed": True}]
    assert len(told) == 10 + 4 + 1


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
