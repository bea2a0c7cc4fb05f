"""The loop that every trainer of weights shares: steps, evaluations, checkpoints, stops, resume.

What is learned is a `Learner`'s business. A run of 2N steps and one stopped after N and resumed
give the same bits on a CPU: data position and learning rate are functions of the step, and a
checkpoint holds optimiser and random states.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from training.durable_files import synced_size, truncate
from training.run_dir import Checkpoint, RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.configs import OptimisationConfig
from training.trainers.data.batch_plan import BatchPlan
from training.trainers.data.record_datasets import Example
from training.trainers.loop.command_line import CheckedOnly, Result, StopTraining, StopWatch
from training.trainers.loop.optimiser import learning_rate_share, make_optimiser, set_learning_rate
from training.trainers.loop.processes import current
from training.trainers.loop.reporters import Reporting
from training.trainers.loop.resuming import (
    random_states,
    read_resume_state,
    set_random_states,
    write_resume_state,
)
from training.trainers.models.model_card import write_card


class TrainingDivergedError(ConfigError):
    """The loss, its gradient, a held-out score or a weight is no longer a number."""


@dataclass(frozen=True)
class Evaluation:
    """Held-out figures; ``score`` (higher is better) chooses the best checkpoint."""

    metrics: dict[str, Any]
    score: float


class Learner(Protocol):
    """What a trainer brings to the loop. One whose losses and figures are sums over something else
    than prompts has a method ``units``, which says how many a batch has (response tokens, say)."""

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
    saved: tuple[int, int] = (-1, -1)
    last: Evaluation | None = None
    tokens: int = 0

    @property
    def mark(self) -> tuple[int, int]:
        """Compared with ``saved``: a checkpoint without its evaluation is written again."""
        return self.step, self.evaluated


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
        self.optimiser = make_optimiser(learner.model, config)
        self.parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        self.units = learner.units if hasattr(learner, "units") else len
        self.processes = current()
        self.state = _State()

    def train(self) -> Result:
        """Go on from the latest checkpoint to the end, or to a stop. Returns the run's result."""
        if self.stop.check_only:
            raise CheckedOnly
        self.processes.begin()
        self.stop.agree = self.processes.largest
        self._resume(self.run.latest_checkpoint())
        self.processes.take_weights(self.parameters)
        self.reporting = Reporting(self.run, self.config)
        try:
            return self._train()
        except StopTraining:
            if self.state.saved != self.state.mark:
                self._checkpoint()
            return self._result(self.stop.state() or "preempted")
        finally:
            self.reporting.close()

    def _train(self) -> Result:
        while True:
            if self._evaluation_due():
                self._evaluate()
            if self._checkpoint_due():
                self._checkpoint()
            if self.state.step >= self.plan.total_steps:
                return self._result("done")
            self._step()

    def _step(self) -> None:
        began, batches = time.monotonic(), self.plan.batches(self.state.step)
        chosen = [[self.examples[i] for i in numbers] for numbers in batches]
        units = sum(map(self.units, chosen))
        figures: dict[str, float] = {"loss": 0.0}
        step, warmup = self.state.step, self.config.warmup_fraction
        share = learning_rate_share(step, self.plan.total_steps, warmup)
        set_learning_rate(self.optimiser, share)
        self.optimiser.zero_grad(set_to_none=True)
        drawn = random_states()
        for batch in chosen:
            if self.stop.state() is not None:
                set_random_states(drawn)  # the step is done again, with the same draws
                raise StopTraining
            self._add_gradient(self.processes.share(batch), units, figures)
        self.processes.sum_gradients(self.parameters)
        figures = self.processes.sum_figures(figures)
        limit = self.config.max_grad_norm or float("inf")
        norm = float(torch.nn.utils.clip_grad_norm_(self.parameters, limit))
        loss = figures["loss"]
        if not (np.isfinite(loss) and np.isfinite(norm)):
            at = f"at step {step + 1} (gradient norm {norm:g})"
            raise self._diverged(f"The loss became {loss:g} {at}")
        self.optimiser.step()
        self.state.step += 1
        tokens = sum(example.length for batch in chosen for example in batch)
        self.state.tokens += tokens
        seconds = time.monotonic() - began
        rate = self.optimiser.param_groups[0]["lr"]
        speed = {"grad_norm": norm, "learning_rate": rate, "tokens_per_second": tokens / seconds}
        self._record("training", figures | speed)

    def _add_gradient(
        self, batch: Sequence[Example], units: float, figures: dict[str, float]
    ) -> None:
        """One forward and backward pass; loss and figures are added as means over ``units``."""
        if not batch:
            return
        loss, seen = self.learner.loss(batch)
        (loss / units).backward()  # type: ignore[no-untyped-call]
        for name, value in {"loss": float(loss.detach()), **seen}.items():
            figures[name] = figures.get(name, 0.0) + value / units

    def _diverged(self, what: str) -> TrainingDivergedError:
        return TrainingDivergedError(
            f"{what}: lower learning_rate (now {self.config.learning_rate:g}) and start a new run;"
            " the last good checkpoint is kept."
        )

    def _evaluation_due(self) -> bool:
        step, every = self.state.step, self.config.evaluate_every
        if self.state.evaluated == step:
            return False
        return step in (0, self.plan.total_steps) or bool(every and step % every == 0)

    def _evaluate(self) -> None:
        self.stop.check()
        step = self.state.step
        drawn, written = random_states(), synced_size(self.run.samples_path)
        try:
            found = self.learner.evaluate(step)
        except StopTraining:
            # The evaluation is done again when the run goes on, with the same draws.
            set_random_states(drawn)
            if self.run.leads:
                truncate(self.run.samples_path, written)
            raise
        if found is not None and not np.isfinite(found.score):
            raise self._diverged(f"The held-out score became {found.score:g} at step {step}")
        self.state.last, self.state.evaluated = found, step
        if found is not None:
            self._record("evaluating", found.metrics)

    def _checkpoint_due(self) -> bool:
        state = self.state
        if state.saved == state.mark or state.step == 0:
            return False
        ended = state.step == self.plan.total_steps
        evaluated = state.evaluated == state.step and state.last is not None
        return ended or evaluated or state.step % self.config.checkpoint_every == 0

    def _checkpoint(self) -> None:
        state, found = self.state, self._last_evaluation()
        if not all(bool(parameter.isfinite().all()) for parameter in self.parameters):
            raise self._diverged(f"A weight is no longer a number after step {state.step}")
        if self.run.leads:
            self.run.write_checkpoint(
                step=state.step,
                metrics=found.metrics if found else {},
                score=found.score if found and state.step > 0 else None,
                write=self._write,
            )
        state.saved = state.mark

    def _last_evaluation(self) -> Evaluation | None:
        """What the evaluation at this very step found, if there was one."""
        return self.state.last if self.state.evaluated == self.state.step else None

    def _write(self, folder: Path) -> None:
        self.learner.save(folder)
        found = self._last_evaluation()
        write_card(
            folder,
            run=self.run.path.name,
            config=self.config,
            step=self.state.step,
            metrics=found.metrics if found else {},
        )
        state = {
            "step": self.state.step,
            "evaluated": self.state.evaluated,
            "last": {"metrics": found.metrics, "score": found.score} if found else None,
            "tokens": self.state.tokens,
            "plan": [len(self.examples), self.plan.total_steps],
            "optimiser": self.optimiser.state_dict(),
        }
        write_resume_state(folder, state)

    def _resume(self, checkpoint: Checkpoint | None) -> None:
        if checkpoint is None:
            return
        self.run.truncate_to(checkpoint)
        saved = read_resume_state(checkpoint.path)
        if saved["plan"][0] != len(self.examples):
            raise ConfigError(
                f"The run was started on {saved['plan'][0]} examples and now has"
                f" {len(self.examples)}: restore its dataset and settings, or start a new run."
            )
        self.optimiser.load_state_dict(saved["optimiser"])
        self.state = _State(
            step=saved["step"],
            evaluated=saved["evaluated"],
            saved=(saved["step"], saved["evaluated"]),
            last=Evaluation(**saved["last"]) if saved["last"] else None,
            tokens=saved["tokens"],
        )
        set_random_states(saved)

    def _record(self, phase: str, metrics: dict[str, Any]) -> None:
        line = {
            "time": round(time.time(), 3),
            "step": self.state.step,
            "total_steps": self.plan.total_steps,
            "epoch": round(self.state.step / self.plan.steps_per_epoch, 4),
            "phase": phase,
            "metrics": {"tokens": self.state.tokens, **metrics},
        }
        self.run.append_progress(line)
        self.reporting.write([line])

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
