"""One look at what a run that learns from rewards will cost: its first step as a rehearsal.

It leaves no trace.
"""

from __future__ import annotations

from typing import Any, Protocol

from training.run_dir import RunDir
from training.trainers.configs import GroupConfig, PpoConfig
from training.trainers.data.batch_plan import BatchPlan
from training.trainers.loop.command_line import CheckedOnly, StopWatch
from training.trainers.loop.measured_step import (
    forget_peak,
    peak_memory,
    tell_estimate,
    without_trace,
)
from training.trainers.loop.processes import Processes
from training.trainers.loop.starting import Start
from training.trainers.shared_prompt import inner_model


class Started(Protocol):
    """Who learns, from a start."""

    @property
    def start(self) -> Start:
        """Model and data of the run."""


class Rehearsed(Protocol):
    """What the loop must have: see `ppo.PpoLoop`."""

    plan: BatchPlan
    processes: Processes

    @property
    def learner(self) -> Started:
        """Who learns."""

    def rehearse(self) -> dict[str, float]:
        """The seconds of each phase of a step that changes nothing."""


def look_at_first_step(
    run: RunDir,
    config: PpoConfig | GroupConfig,
    loop: Rehearsed,
    held_out: int,
    stop: StopWatch,
) -> None:
    """Measure a run that begins, and write what the whole will take into its report.

    A run that goes on, or that several processes share, is not measured. Raises CheckedOnly where
    only a check is wanted.
    """
    alone = loop.processes.count == 1
    if alone and (run.latest_checkpoint() is None or stop.check_only):
        model = loop.learner.start.model
        device = inner_model(model).device
        with without_trace(model):
            forget_peak(device)
            seconds = loop.rehearse()
            memory = peak_memory(device)
        estimate = estimate_of(seconds, loop.plan, config, held_out)
        tell_estimate(run, loop.plan, estimate | {"memory_bytes": memory})
    if stop.check_only:
        raise CheckedOnly


def estimate_of(
    seconds: dict[str, float], plan: BatchPlan, config: PpoConfig | GroupConfig, held_out: int
) -> dict[str, Any]:
    """Seconds for all steps and evaluations; what is answered at an evaluation is one response to
    each of some held-out prompts."""
    step = sum(seconds.values())
    answered = min(held_out, config.evaluation_prompts or held_out)
    once = (seconds["seconds_generate"] + seconds["seconds_score"]) * answered
    once /= config.n * min(config.batch_size, len(plan.lengths))
    evaluations = 2 + (plan.total_steps // config.evaluate_every if config.evaluate_every else 0)
    return {
        "seconds_per_step": step,
        "steps": plan.total_steps,
        "seconds": step * plan.total_steps + evaluations * once,
        "evaluation_seconds": evaluations * once,
    }
