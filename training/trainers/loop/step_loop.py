"""What every loop of weights shares: steps, evaluations, checkpoints, stops, resume, records.

What a step is and what it changes is the business of the classes that stand on `StepLoop`. A run of
2N steps and one stopped after N and resumed give the same bits on a CPU: data position and learning
rates are functions of the step, and a checkpoint holds optimiser and random states.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from torch import Tensor

from training.durable_files import synced_size, truncate
from training.run_dir import Checkpoint, RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.configs import OptimisationConfig
from training.trainers.data.batch_plan import BatchPlan
from training.trainers.loop.command_line import CheckedOnly, Result, StopTraining, StopWatch
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
    """Held-out figures; ``score`` (higher is better) chooses the best checkpoint.

    Without a score the checkpoint is none that could be the best.
    """

    metrics: dict[str, Any]
    score: float | None


class Evaluated(Protocol):
    """What is evaluated and saved between steps."""

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


class StepLoop(ABC):
    """Goes through the steps of a plan within a run directory; ``learning`` are all the weights."""

    def __init__(
        self,
        run: RunDir,
        config: OptimisationConfig,
        learner: Evaluated,
        plan: BatchPlan,
        learning: Sequence[Tensor],
        stop: StopWatch,
    ) -> None:
        self.run, self.config, self.stop = run, config, stop
        self.plan, self.parameters = plan, learning
        self.learner = learner
        self.processes = current()
        self.state = _State()

    @abstractmethod
    def step(self) -> None:
        """Do the step ``state.step``, count it, and record what it showed.

        Raises StopTraining where it was left off without a trace.
        """

    @abstractmethod
    def own_state(self) -> dict[str, Any]:
        """What a checkpoint keeps of the loop's own: tensors and plain values."""

    @abstractmethod
    def take_state(self, saved: dict[str, Any]) -> None:
        """Go on from what `own_state` gave."""

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """What fails in here, or is stopped, is as if it had never begun.

        Where it is data that fails, what was learned until now is kept in a checkpoint.
        """
        drawn = random_states()
        try:
            yield
        except BaseException as error:
            set_random_states(drawn)
            if isinstance(error, ConfigError) and self.state.saved != self.state.mark:
                self.checkpoint()
            raise

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
                self.checkpoint()
            return self._result(self.stop.state() or "preempted")
        finally:
            self.reporting.close()

    def checkpoint(self) -> None:
        """Write what there is now, unless a weight is no number."""
        state, found = self.state, self._last_evaluation()
        if not all(bool(parameter.isfinite().all()) for parameter in self.parameters):
            raise self.diverged(f"A weight is no longer a number after step {state.step}")
        if self.run.leads:
            self.run.write_checkpoint(
                step=state.step,
                metrics=found.metrics if found else {},
                score=found.score if found and state.step > 0 else None,
                write=self._write,
            )
        state.saved = state.mark

    def record(self, phase: str, metrics: dict[str, Any]) -> None:
        """One line of progress, which goes to the reporters too."""
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

    def diverged(self, what: str) -> TrainingDivergedError:
        """The error for what is no number any more, with its remedy."""
        return TrainingDivergedError(
            f"{what}: lower learning_rate (now {self.config.learning_rate:g}) and start a new run;"
            " the last good checkpoint is kept."
        )

    def _train(self) -> Result:
        while True:
            if self._evaluation_due():
                self._evaluate()
            if self._checkpoint_due():
                self.checkpoint()
            if self.state.step >= self.plan.total_steps:
                return self._result("done")
            self.step()

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
        if found is not None and found.score is not None and not np.isfinite(found.score):
            raise self.diverged(f"The held-out score became {found.score:g} at step {step}")
        self.state.last, self.state.evaluated = found, step
        if found is not None:
            self.record("evaluating", found.metrics)

    def _checkpoint_due(self) -> bool:
        state = self.state
        if state.saved == state.mark or state.step == 0:
            return False
        ended = state.step == self.plan.total_steps
        evaluated = state.evaluated == state.step and state.last is not None
        return ended or evaluated or state.step % self.config.checkpoint_every == 0

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
            "plan": [len(self.plan.lengths), self.plan.total_steps],
        }
        write_resume_state(folder, state | self.own_state())

    def _resume(self, checkpoint: Checkpoint | None) -> None:
        if checkpoint is None:
            return
        self.run.truncate_to(checkpoint)
        saved = read_resume_state(checkpoint.path)
        if saved["plan"][0] != len(self.plan.lengths):
            raise ConfigError(
                f"The run was started on {saved['plan'][0]} examples and now has"
                f" {len(self.plan.lengths)}: restore its dataset and settings, or start a new run."
            )
        self.take_state(saved)
        self.state = _State(
            step=saved["step"],
            evaluated=saved["evaluated"],
            saved=(saved["step"], saved["evaluated"]),
            last=Evaluation(**saved["last"]) if saved["last"] else None,
            tokens=saved["tokens"],
        )
        set_random_states(saved)

    def _result(self, state: str) -> Result:
        chosen = self.run.best_checkpoint() or self.run.latest_checkpoint()
        return {
            "state": state,
            "metrics": chosen.metrics if chosen else {},
            "checkpoint": chosen.name if chosen else None,
            "outputs": {"data_report": "data_report.json"},
        }
