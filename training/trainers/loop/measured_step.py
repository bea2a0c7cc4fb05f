"""One look at what a run will cost: real steps on its shortest, a median and its longest batch.

The steps leave no trace: the optimiser is thrown away and moves nothing, gradients are dropped and
all random states are put back, so that a run's numbers are the same with and without them.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from training.run_dir import RunDir
from training.trainers.configs import OptimisationConfig
from training.trainers.data.batch_plan import BatchPlan
from training.trainers.data.data_report import add_to_report
from training.trainers.data.record_datasets import Example
from training.trainers.loop.command_line import CheckedOnly, StopWatch
from training.trainers.loop.training_loop import plan_of

Batch = Sequence[Example]


class Measurable(Protocol):
    """What a learner must have: see `training_loop.Learner`."""

    model: Any

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """The loss summed over the batch's prompts, and figures."""


@dataclass(frozen=True)
class Measured:
    """One batch's cost: seconds forward, and of forward, backward and optimiser together."""

    tokens: int
    forward: float
    whole: float


def first_look(
    run: RunDir,
    config: OptimisationConfig,
    learner: Measurable,
    examples: Sequence[Example],
    held_out: Sequence[Example],
    stop: StopWatch,
    *,
    prepare: Callable[[Batch], None] | None = None,
) -> None:
    """Measure steps of a run that begins, and write what the whole will take into its report.

    ``prepare`` makes what the loss of a batch needs, such as reference log-probabilities. A run
    that goes on from a checkpoint is not measured again. Raises CheckedOnly where only a check is
    wanted.
    """
    if run.latest_checkpoint() is None or stop.check_only:
        plan = plan_of(config, examples)
        batches = [[examples[i] for i in numbers] for numbers in telling_batches(plan)]
        with without_trace(learner.model):
            measured, memory = _measure(learner, batches, prepare, stop)
        estimate = estimate_of(measured, plan, config, held_out) | {"memory_bytes": memory}
        tell_estimate(run, plan, estimate)
    if stop.check_only:
        raise CheckedOnly


def tell_estimate(run: RunDir, plan: BatchPlan, estimate: dict[str, Any]) -> None:
    """Write an estimate into the run's report and into its progress."""
    add_to_report(run, {"estimate": estimate})
    run.append_progress(
        {
            "step": 0,
            "total_steps": plan.total_steps,
            "phase": "measuring",
            "metrics": {
                "estimated_seconds": estimate["seconds"],
                "estimated_memory_bytes": estimate["memory_bytes"],
            },
        }
    )


def telling_batches(plan: BatchPlan) -> list[list[int]]:
    """The batches of fewest, middling and most tokens among the first epoch's forward passes."""
    steps = min(plan.total_steps, plan.steps_per_epoch)
    batches = [numbers for step in range(steps) for numbers in plan.batches(step)]
    batches.sort(key=lambda numbers: sum(plan.lengths[i] for i in numbers))
    return [batches[0], batches[len(batches) // 2], batches[-1]]


def estimate_of(
    measured: Sequence[Measured],
    plan: BatchPlan,
    config: OptimisationConfig,
    held_out: Sequence[Example],
) -> dict[str, Any]:
    """Seconds for all steps and evaluations: cost grows in a line with a batch's tokens.

    The line goes through the measured median and longest batch. What a trainer does before its
    first step, such as reference log-probabilities, is not counted.
    """
    fixed, per_token = _line([(m.tokens, m.whole) for m in measured])
    passes = plan.total_steps * config.accumulation
    tokens = sum(plan.lengths) / max(1, plan.steps_per_epoch) * plan.total_steps
    training = passes * fixed + tokens * per_token
    fixed, per_token = _line([(m.tokens, m.forward) for m in measured])
    evaluations = 2 + (plan.total_steps // config.evaluate_every if config.evaluate_every else 0)
    once = len(held_out) / config.batch_size * fixed + sum(e.length for e in held_out) * per_token
    return {
        "seconds_per_step": training / plan.total_steps,
        "steps": plan.total_steps,
        "seconds": training + evaluations * once,
        "evaluation_seconds": evaluations * once,
    }


def _measure(
    learner: Measurable,
    batches: Sequence[Batch],
    prepare: Callable[[Batch], None] | None,
    stop: StopWatch,
) -> tuple[list[Measured], int]:
    """The second and third batch's cost, the first being warm-up, and the most memory in bytes."""
    learning = [p for p in learner.model.parameters() if p.requires_grad]
    # A rate of 0 does all the work of a step and moves nothing.
    optimiser = torch.optim.AdamW(learning, lr=0.0, weight_decay=0.0)
    forget_peak(learning[0].device)
    measured = []
    for batch in batches:
        stop.check()
        if prepare is not None:
            with torch.no_grad():
                prepare(batch)
        measured.append(_one_step(learner, batch, optimiser))
        optimiser.zero_grad(set_to_none=True)
    return measured[1:], peak_memory(learning[0].device)


def _one_step(learner: Measurable, batch: Batch, optimiser: torch.optim.Optimizer) -> Measured:
    device = optimiser.param_groups[0]["params"][0].device
    began = _now(device)
    loss, _ = learner.loss(batch)
    loss = loss / len(batch)
    forward = _now(device) - began
    loss.backward()  # type: ignore[no-untyped-call]
    # Where a gradient is no number, the training itself will say so; here it must not spread.
    if torch.isfinite(loss.detach()):
        for parameter in optimiser.param_groups[0]["params"]:
            if parameter.grad is not None:
                parameter.grad.nan_to_num_(0.0, 0.0, 0.0)
        optimiser.step()
    return Measured(sum(e.length for e in batch), forward, _now(device) - began)


def _line(points: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """Seconds of a batch without tokens, and per token; never negative."""
    (tokens_a, seconds_a), (tokens_b, seconds_b) = points
    if tokens_b > tokens_a and seconds_b > seconds_a:
        slope = (seconds_b - seconds_a) / (tokens_b - tokens_a)
        fixed = seconds_a - slope * tokens_a
        if fixed >= 0:
            return fixed, slope
    return 0.0, (seconds_a + seconds_b) / (tokens_a + tokens_b)


@contextmanager
def without_trace(model: Any) -> Iterator[None]:
    """Put gradients and random states back."""
    states = torch.get_rng_state(), random.getstate(), np.random.get_state(legacy=True)
    on_cards = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    try:
        yield
    finally:
        model.zero_grad(set_to_none=True)
        torch.set_rng_state(states[0])
        random.setstate(states[1])
        np.random.set_state(states[2])
        if on_cards:
            torch.cuda.set_rng_state_all(on_cards)


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.monotonic()


def forget_peak(device: torch.device) -> None:
    """Count the most memory from here on."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    with suppress(OSError):  # another system than Linux keeps its peak from the start
        Path("/proc/self/clear_refs").write_text("5")


def peak_memory(device: torch.device) -> int:
    """The most bytes held since `forget_peak`: on the card, or by this process."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most
