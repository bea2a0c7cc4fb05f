"""The loop that every trainer of weights shares: steps, evaluations, checkpoints, stops, resume.

What is learned is a `Learner`'s business. A run of 2N steps and one stopped after N and resumed
give the same bits on a CPU: data position and learning rate are functions of the step, and a
checkpoint holds optimiser and random states.
"""

from __future__ import annotations

import io
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from training.run_dir import Checkpoint, RunDir
from training.trainers.batch_plan import BatchPlan
from training.trainers.command_line import Result, StopTraining, StopWatch
from training.trainers.config_fields import ConfigError
from training.trainers.configs import OptimisationConfig
from training.trainers.record_datasets import Example

RESUME_FILE = "resume.pt"


class TrainingDivergedError(ConfigError):
    """The loss or its gradient is no longer a number."""


@dataclass(frozen=True)
class Evaluation:
    """Held-out figures; ``score`` (higher is better) chooses the best checkpoint."""

    metrics: dict[str, Any]
    score: float


class Learner(Protocol):
    """What a trainer brings to the loop."""

    model: Any

    def loss(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float]]:
        """The loss summed over the batch's prompts, and figures likewise summed."""

    def evaluate(self, step: int) -> Evaluation | None:
        """Held-out figures, or None where nothing is held out."""

    def save(self, folder: Path) -> None:
        """Write the weights into an empty checkpoint folder."""


@dataclass
class _State:
    """Where the loop stands; what a checkpoint keeps beside weights and optimiser."""

    step: int = 0
    evaluated: int = -1
    saved: int = -1
    last: Evaluation | None = None
    seconds: float = 0.0
    tokens: int = 0
    started: float = field(default_factory=time.monotonic)


class TrainingLoop:
    """Trains one learner on examples within a run directory."""

    def __init__(
        self,
        run: RunDir,
        config: OptimisationConfig,
        learner: Learner,
        examples: Sequence[Example],
        stop: StopWatch,
    ) -> None:
        self.run, self.config, self.learner, self.stop = run, config, learner, stop
        self.examples = examples
        self.plan = plan_of(config, examples)
        self.optimiser = torch.optim.AdamW(
            _parameter_groups(learner.model, config), weight_decay=config.weight_decay
        )
        self.state = _State()

    def train(self) -> Result:
        """Go on from the latest checkpoint to the end, or to a stop. Returns the run's result."""
        self._resume(self.run.latest_checkpoint())
        try:
            while True:
                if self._evaluation_due():
                    self._evaluate()
                if self._checkpoint_due():
                    self._checkpoint()
                if self.state.step >= self.plan.total_steps:
                    return self._result("done")
                self._step()
        except StopTraining:
            if self.state.saved != self.state.step:
                self._checkpoint()
            return self._result(self.stop.state() or "preempted")

    def _step(self) -> None:
        began, batches = time.monotonic(), self.plan.batches(self.state.step)
        prompts = sum(map(len, batches))
        figures: dict[str, float] = {}
        self._set_learning_rate()
        self.optimiser.zero_grad(set_to_none=True)
        drawn = torch.get_rng_state()
        for numbers in batches:
            if self.stop.state() is not None:
                torch.set_rng_state(drawn)  # the step is done again, with the same draws
                raise StopTraining
            loss, seen = self.learner.loss([self.examples[i] for i in numbers])
            (loss / prompts).backward()  # type: ignore[no-untyped-call]
            for name, value in {"loss": float(loss.detach()), **seen}.items():
                figures[name] = figures.get(name, 0.0) + value / prompts
        norm = self._clip()
        if not (np.isfinite(figures["loss"]) and np.isfinite(norm)):
            raise TrainingDivergedError(
                f"The loss became {figures['loss']:g} at step {self.state.step + 1} (gradient norm"
                f" {norm:g}): lower learning_rate (now {self.config.learning_rate:g}) and start a"
                " new run; the last good checkpoint is kept."
            )
        self.optimiser.step()
        self.state.step += 1
        tokens = sum(self.examples[i].length for numbers in batches for i in numbers)
        self.state.tokens += tokens
        seconds = time.monotonic() - began
        rate = self.optimiser.param_groups[0]["lr"]
        speed = {"grad_norm": norm, "learning_rate": rate, "tokens_per_second": tokens / seconds}
        self._record("training", figures | speed)

    def _clip(self) -> float:
        parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        limit = self.config.max_grad_norm or float("inf")
        return float(torch.nn.utils.clip_grad_norm_(parameters, limit))

    def _set_learning_rate(self) -> None:
        share = learning_rate_share(
            self.state.step, self.plan.total_steps, self.config.warmup_fraction
        )
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak"] * share

    def _evaluation_due(self) -> bool:
        step, every = self.state.step, self.config.evaluate_every
        if self.state.evaluated == step:
            return False
        return step in (0, self.plan.total_steps) or bool(every and step % every == 0)

    def _evaluate(self) -> None:
        self.stop.check()
        self.state.last = self.learner.evaluate(self.state.step)
        self.state.evaluated = self.state.step
        if self.state.last is not None:
            self._record("evaluating", self.state.last.metrics)

    def _checkpoint_due(self) -> bool:
        state = self.state
        if state.saved == state.step or state.step == 0:
            return False
        ended = state.step == self.plan.total_steps
        evaluated = state.evaluated == state.step and state.last is not None
        return ended or evaluated or state.step % self.config.checkpoint_every == 0

    def _checkpoint(self) -> None:
        state = self.state
        current = state.last if state.evaluated == state.step else None
        self.run.write_checkpoint(
            step=state.step,
            metrics=current.metrics if current else {},
            score=current.score if current and state.step > 0 else None,
            write=self._write,
        )
        state.saved = state.step

    def _write(self, folder: Path) -> None:
        self.learner.save(folder)
        buffer = io.BytesIO()  # so that a full disk is an OSError of ours, not torch's
        torch.save(self._resume_state(), buffer)
        (folder / RESUME_FILE).write_bytes(buffer.getbuffer())

    def _resume_state(self) -> dict[str, Any]:
        last = self.state.last if self.state.evaluated == self.state.step else None
        return {
            "step": self.state.step,
            "evaluated": self.state.evaluated,
            "last": {"metrics": last.metrics, "score": last.score} if last else None,
            "tokens": self.state.tokens,
            "plan": [len(self.examples), self.plan.total_steps],
            "optimiser": self.optimiser.state_dict(),
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "python": random.getstate(),
            "numpy": _numpy_state(),
        }

    def _resume(self, checkpoint: Checkpoint | None) -> None:
        self.run.truncate_to(checkpoint)
        if checkpoint is None:
            return
        saved = torch.load(checkpoint.path / RESUME_FILE, weights_only=True)
        if saved["plan"][0] != len(self.examples):
            raise ConfigError(
                f"The run was started on {saved['plan'][0]} examples and now has"
                f" {len(self.examples)}: restore its dataset and settings, or start a new run."
            )
        self.optimiser.load_state_dict(saved["optimiser"])
        self.state = _State(
            step=saved["step"],
            evaluated=saved["evaluated"],
            saved=saved["step"],
            last=Evaluation(**saved["last"]) if saved["last"] else None,
            tokens=saved["tokens"],
        )
        torch.set_rng_state(saved["torch"])
        if saved["cuda"] and torch.cuda.is_available():
            torch.cuda.set_rng_state_all(saved["cuda"])
        random.setstate(_as_tuple(saved["python"]))
        kind, keys, place, has_gauss, gauss = saved["numpy"]
        np.random.set_state((kind, np.array(keys, dtype=np.uint32), place, has_gauss, gauss))

    def _record(self, phase: str, metrics: dict[str, Any]) -> None:
        self.run.append_progress(
            {
                "step": self.state.step,
                "total_steps": self.plan.total_steps,
                "epoch": round(self.state.step / self.plan.steps_per_epoch, 4),
                "phase": phase,
                "metrics": {"tokens": self.state.tokens, **metrics},
            }
        )

    def _result(self, state: str) -> Result:
        chosen = self.run.best_checkpoint() or self.run.latest_checkpoint()
        return {
            "state": state,
            "metrics": chosen.metrics if chosen else {},
            "checkpoint": chosen.name if chosen else None,
            "outputs": {"data_report": "data_report.json"},
        }


def plan_of(config: OptimisationConfig, examples: Sequence[Example]) -> BatchPlan:
    """The batches of a run with these settings on these examples."""
    return BatchPlan(
        lengths=tuple(example.length for example in examples),
        batch_size=config.batch_size,
        accumulation=config.accumulation,
        epochs=config.epochs,
        max_steps=config.max_steps,
        seed=config.seed,
    )


def learning_rate_share(step: int, total: int, warmup_fraction: float) -> float:
    """Share of the peak learning rate at a step from 0: linear warm-up, then linearly to 0."""
    warmup = round(total * warmup_fraction)
    if step < warmup:
        return (step + 1) / warmup
    return (total - step) / max(1, total - warmup)


def _parameter_groups(model: Any, config: OptimisationConfig) -> list[dict[str, Any]]:
    """The weights that learn, a reward model's head apart with its own rate."""
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    head = [p for n, p in named if "score" in n.split(".")]
    body = [p for n, p in named if "score" not in n.split(".")]
    head_rate = config.head_learning_rate or 10 * config.learning_rate
    groups = [(body, config.learning_rate), (head, head_rate)]
    return [{"params": p, "peak": rate, "lr": rate} for p, rate in groups if p]


def _numpy_state() -> list[Any]:
    """The old global generator's state as plain values, which `weights_only` loading accepts."""
    kind, keys, *rest = np.random.get_state(legacy=True)
    return [kind, np.asarray(keys).tolist(), *rest]


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, (list, tuple)) else value
