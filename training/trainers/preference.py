"""Trains a policy on preferences directly: DPO and its relatives, over shared prompts.

What a loss is made of stands in `training.trainers.losses`, where its reference comes from in
`reference_policy`. Run it with `python -m training.trainers.preference RUN [--field value ...]`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.run_dir import RunDir
from training.trainers.configs import PreferenceConfig
from training.trainers.data.comparison_batches import (
    ComparisonBatch,
    comparison_batch,
    implied_ranks,
)
from training.trainers.data.order_batches import order_batch, with_order
from training.trainers.data.record_datasets import Example
from training.trainers.evaluation.evaluation_samples import write_samples
from training.trainers.evaluation.held_out import HeldOutReport
from training.trainers.evaluation.policy_figures import policy_figures
from training.trainers.loop.command_line import Result, StopWatch, main
from training.trainers.loop.measured_step import first_look
from training.trainers.loop.starting import Start, start_run
from training.trainers.loop.step_loop import Evaluation
from training.trainers.loop.training_loop import TrainingLoop, plan_of
from training.trainers.losses.catalog import PREFERENCE_LOSSES, preference_loss
from training.trainers.losses.listwise import plackett_luce
from training.trainers.losses.pairs import LossOptions, PairLogps
from training.trainers.models.frozen_states import keep_frozen_part
from training.trainers.models.saving import save_checkpoint
from training.trainers.policies.reference_policy import ReferencePolicy
from training.trainers.reward_model import about, batches_by_length
from training.trainers.shared_prompt import response_logps, token_logps


class PreferenceLearner:
    """A policy that learns from comparisons; a `training_loop.Learner`."""

    def __init__(
        self, run: RunDir, start: Start, config: PreferenceConfig, stop: StopWatch
    ) -> None:
        self.run, self.start, self.config, self.stop = run, start, config, stop
        self.model = start.model
        self.entry = PREFERENCE_LOSSES[config.loss]
        self.options = LossOptions(
            beta=config.beta,
            label_smoothing=config.label_smoothing,
            alpha=config.alpha,
            target_margin=config.target_margin,
            sft_weight=config.sft_weight,
            dpop_lambda=config.dpop_lambda,
            tie_share=config.tie_share,
        )
        self.reference = ReferencePolicy(run, start, config)

    def loss(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float]]:
        """The loss summed over prompts, and what the policy thinks of chosen and rejected."""
        loss, figures, _ = self._forward(batch)
        return loss, figures

    def _forward(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float], Tensor]:
        """The loss, its figures, and the implicit rewards of all responses [R]."""
        laid = self.start.rows(batch)
        needed = self.entry.needs_reference
        reference = self.reference.logps(batch, laid) if needed else torch.zeros(())
        logps = response_logps(self.model, laid)
        reference = reference.to(logps.device).expand_as(logps)
        comparisons = comparison_batch(batch, self.start.use, logps.device)
        rewards = self._rewards(logps, reference, laid.lengths)
        if self.entry.listwise:
            order = order_batch(batch, self.start.use, logps.device)
            loss = plackett_luce(rewards, order.ranks, weights=order.weights, prompt=order.prompt)
        else:
            pairs = _pairs(comparisons, logps, reference, laid.lengths)
            loss = preference_loss(self.config.loss, pairs, comparisons.weights, self.options)
        rewards = rewards.detach()
        return loss, _figures(comparisons, logps.detach(), rewards, len(batch)), rewards

    def _rewards(self, logps: Tensor, reference: Tensor, lengths: Tensor) -> Tensor:
        """Implicit rewards of all responses [R], as the loss defines them."""
        ratio = logps - reference
        values = {
            "ratio": ratio, "ratio_mean": ratio / lengths, "sum": logps, "mean": logps / lengths,
        }  # fmt: skip
        return self.config.beta * values[self.entry.reward]

    @torch.no_grad()
    def evaluate(self, step: int) -> Evaluation | None:
        """Held-out implicit-reward accuracy with interval and baselines, and what it writes."""
        if not self.start.held_out:
            return None
        report = HeldOutReport(scale=1.0 if self.entry.log_odds else None)
        totals: dict[str, float] = {}
        for batch in batches_by_length(self.start.held_out, self.config.batch_size):
            self.stop.check()
            loss, figures, rewards = self._forward(batch)
            for name, value in (figures | {"loss": float(loss)}).items():
                totals[name] = totals.get(name, 0.0) + value / len(self.start.held_out)
            report.add(batch, rewards.tolist())
        write_samples(self.run, self.start, self.config, step, self.stop)
        figures = report.write(
            self.run,
            step=step,
            labelers=self.start.held_out_labelers,
            policy={name: totals[name] for name in ("logp_chosen", "logp_rejected")}
            | self._writing(step),
            about={
                "model": self.config.model,
                "scoring": "implicit",
                "reference": self.config.reference_model or self.start.starting_model,
                "split": self.start.held_out_split,
            },
        )
        metrics: dict[str, Any] = totals | figures
        return Evaluation(
            metrics={f"held_out_{name}": value for name, value in metrics.items()}
            | {"held_out_split": self.start.held_out_split},
            score=-totals["loss"],
        )

    def _writing(self, step: int) -> dict[str, Any]:
        """How far what the policy writes has moved from the reference, and how varied it is."""
        prompts = self.start.held_out[: self.config.sampled_prompts]
        if not prompts:
            return {}
        self.stop.check()
        with self.reference.scorer(is_start=step == 0) as scorer:
            return policy_figures(
                self.model,
                self.start.tokenizer,
                [example.prompt for example in prompts],
                lambda laid: scorer(token_logps, laid),
                n=2,
                max_new_tokens=self.config.sample_tokens,
                seed=self.config.seed,
                batch_size=self.config.batch_size,
            )

    def save(self, folder: Path) -> None:
        """Adapters, or the whole policy, with tokenizer and lineage."""
        save_checkpoint(
            folder,
            model=self.model,
            tokenizer=self.start.tokenizer,
            base=self.start.base,
            about=about(self.start, self.config, kind="policy") | {"beta": self.config.beta},
        )


def _pairs(
    comparisons: ComparisonBatch, logps: Tensor, reference: Tensor, lengths: Tensor
) -> PairLogps:
    better, worse = comparisons.better, comparisons.worse
    return PairLogps(
        chosen=logps[better],
        rejected=logps[worse],
        ref_chosen=reference[better],
        ref_rejected=reference[worse],
        chosen_length=lengths[better],
        rejected_length=lengths[worse],
        margin=comparisons.margin,
    )


def _figures(
    comparisons: ComparisonBatch, logps: Tensor, rewards: Tensor, prompts: int
) -> dict[str, float]:
    """Means over decided comparisons, times the batch's prompts."""
    better = comparisons.better[comparisons.decided]
    worse = comparisons.worse[comparisons.decided]
    gap = rewards[better] - rewards[worse]
    share = prompts / max(1, len(better))
    values = {
        "accuracy": (gap > 0).sum() + 0.5 * (gap == 0).sum(),
        "reward_margin": gap.sum(),
        "reward_chosen": rewards[better].sum(),
        "reward_rejected": rewards[worse].sum(),
        "logp_chosen": logps[better].sum(),
        "logp_rejected": logps[worse].sum(),
    }
    return {name: share * float(value) for name, value in values.items()}


def train_policy(run: RunDir, config: PreferenceConfig, stop: StopWatch) -> Result:
    """Train, or go on training, the run's policy."""
    start = start_run(run, config, reward=False)
    if config.loss == "plackett_luce":
        start.train = with_order(start.train)
        start.held_out = [e for e in start.held_out if implied_ranks(e) is not None]
    learner = PreferenceLearner(run, start, config, stop)
    batches = _visited_batches(config, start.train)
    batches += batches_by_length(start.held_out, config.batch_size)
    every = [example for batch in batches for example in batch]
    keep_frozen_part(run, start.rows, every, freeze_fraction=config.freeze_fraction, stop=stop)
    reference = learner.reference
    first_look(run, config, learner, start.train, start.held_out, stop, prepare=reference.stand_in)
    if learner.entry.needs_reference:
        reference.compute(batches, stop)
        reference.check_start(batches[0])
    return TrainingLoop(run, config, learner, start.train, stop).train()


def _visited_batches(config: PreferenceConfig, examples: Sequence[Example]) -> list[list[Example]]:
    """The run's forward passes until every example that it sees was seen, the largest first."""
    plan = plan_of(config, examples)
    steps = range(min(plan.total_steps, plan.steps_per_epoch))
    batches = [[examples[i] for i in part] for step in steps for part in plan.batches(step)]
    return sorted(batches, key=lambda batch: -sum(example.length for example in batch))


if __name__ == "__main__":
    sys.exit(main(PreferenceConfig, train_policy))
