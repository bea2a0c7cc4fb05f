"""The loop that trainers share whose loss is a function of a batch of examples.

What is learned is a `Learner`'s business, and what surrounds the steps `step_loop`'s.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from training.run_dir import RunDir
from training.trainers.configs import OptimisationConfig
from training.trainers.data.batch_plan import BatchPlan
from training.trainers.data.record_datasets import Example
from training.trainers.loop.command_line import StopTraining, StopWatch
from training.trainers.loop.optimiser import learning_rate_share, make_optimiser, set_learning_rate
from training.trainers.loop.resuming import random_states, set_random_states
from training.trainers.loop.step_loop import Evaluated, StepLoop


class Learner(Evaluated, Protocol):
    """What a trainer brings to the loop. One whose losses and figures are sums over something else
    than prompts has a method ``units``, which says how many a batch has (response tokens, say)."""

    model: Any

    def loss(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float]]:
        """The loss summed over the batch's prompts, and figures likewise summed."""


class TrainingLoop(StepLoop):
    """Trains one learner on examples within a run directory."""

    learner: Learner

    def __init__(
        self,
        run: RunDir,
        config: OptimisationConfig,
        learner: Learner,
        examples: Sequence[Example],
        stop: StopWatch,
    ) -> None:
        self.optimiser = make_optimiser(learner.model, config)
        learning = [p for group in self.optimiser.param_groups for p in group["params"]]
        super().__init__(run, config, learner, plan_of(config, examples), learning, stop)
        self.examples = examples
        self.units = learner.units if hasattr(learner, "units") else len

    def step(self) -> None:
        """One step of the optimiser, over ``accumulation`` forward passes."""
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
            raise self.diverged(f"The loss became {loss:g} {at}")
        self.optimiser.step()
        self.state.step += 1
        tokens = sum(example.length for batch in chosen for example in batch)
        self.state.tokens += tokens
        seconds = time.monotonic() - began
        rate = self.optimiser.param_groups[0]["lr"]
        speed = {"grad_norm": norm, "learning_rate": rate, "tokens_per_second": tokens / seconds}
        self.record("training", figures | speed)

    def own_state(self) -> dict[str, Any]:
        """The optimiser's state."""
        return {"optimiser": self.optimiser.state_dict()}

    def take_state(self, saved: dict[str, Any]) -> None:
        """Go on with the optimiser of a checkpoint."""
        self.optimiser.load_state_dict(saved["optimiser"])

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
