"""Trains a policy on preferences directly: DPO and its relatives, over shared prompts.

Log-probabilities under the starting policy are computed once, before the first step, and kept in
the run. Run it with `python -m training.trainers.preference RUN [--field value ...]`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.run_dir import RunDir
from training.trainers.command_line import Result, StopWatch, main
from training.trainers.comparison_batches import ComparisonBatch, comparison_batch, implied_ranks
from training.trainers.configs import PreferenceConfig
from training.trainers.losses import (
    PREFERENCE_LOSSES,
    LossOptions,
    PairLogps,
    combine_comparisons,
    plackett_luce,
)
from training.trainers.model_loading import save_checkpoint
from training.trainers.pair_accuracy import Outcome, accuracy_figures
from training.trainers.record_datasets import Example
from training.trainers.reference_logps import ReferenceLogps
from training.trainers.reward_model import (
    about,
    batches_by_length,
    outcomes_by_example,
    with_order,
)
from training.trainers.sampling import Sampling, sample_responses
from training.trainers.shared_prompt import SharedBatch, lay_out, response_logps
from training.trainers.starting import Start, start_run
from training.trainers.training_loop import Evaluation, TrainingLoop, plan_of


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
        )
        self.reference = ReferenceLogps(run.path / "reference_logps.safetensors")

    def lay_out(self, batch: Sequence[Example]) -> SharedBatch:
        """The batch's rows on the device."""
        laid = lay_out(
            [example.prompt for example in batch],
            [example.responses for example in batch],
            pad_id=self.start.tokenizer.pad_token_id,
            shared=self.start.shared,
        )
        return laid.to(self.start.device)

    def loss(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float]]:
        """The loss summed over prompts, and what the policy thinks of chosen and rejected."""
        laid = self.lay_out(batch)
        return self._loss(batch, laid, response_logps(self.model, laid))

    def _loss(
        self, batch: Sequence[Example], laid: SharedBatch, logps: Tensor
    ) -> tuple[Tensor, dict[str, float]]:
        reference = self._reference(batch, logps)
        comparisons = comparison_batch(batch, self.start.use, logps.device)
        rewards = self._rewards(logps, reference, laid.lengths)
        if self.entry.pairwise is None:
            loss = self._listwise(batch, rewards)
        else:
            pairs = _pairs(comparisons, logps, reference, laid.lengths)
            loss = combine_comparisons(
                self.entry.pairwise(pairs, self.options),
                self.entry.pairwise(pairs.swapped(), self.options),
                comparisons.weights,
            )
        return loss, self._figures(comparisons, logps.detach(), rewards.detach(), len(batch))

    def _reference(self, batch: Sequence[Example], logps: Tensor) -> Tensor:
        if not self.entry.needs_reference:
            return torch.zeros_like(logps)
        return self.reference.of(batch).to(logps.device)

    def _rewards(self, logps: Tensor, reference: Tensor, lengths: Tensor) -> Tensor:
        """Implicit rewards of all responses [R], as the loss defines them."""
        values = {"ratio": logps - reference, "sum": logps, "mean": logps / lengths}
        return self.config.beta * values[self.entry.reward]

    def _listwise(self, batch: Sequence[Example], rewards: Tensor) -> Tensor:
        total, offset = rewards.new_zeros(()), 0
        for example in batch:
            ranks = torch.tensor(implied_ranks(example), device=rewards.device)
            total = total + plackett_luce(rewards[offset : offset + len(ranks)], ranks)
            offset += len(ranks)
        return total

    def _figures(
        self, comparisons: ComparisonBatch, logps: Tensor, rewards: Tensor, prompts: int
    ) -> dict[str, float]:
        """Means over decided comparisons, times the batch's prompts."""
        better = comparisons.better[comparisons.decided]
        worse = comparisons.worse[comparisons.decided]
        gap = rewards[better] - rewards[worse]
        share = prompts / max(1, len(better))
        return {
            "accuracy": share * float((gap > 0).sum() + 0.5 * (gap == 0).sum()),
            "reward_margin": share * float(gap.sum()),
            "reward_chosen": share * float(rewards[better].sum()),
            "reward_rejected": share * float(rewards[worse].sum()),
            "logp_chosen": share * float(logps[better].sum()),
            "logp_rejected": share * float(logps[worse].sum()),
        }

    @torch.no_grad()
    def evaluate(self, step: int) -> Evaluation | None:
        """Held-out implicit-reward accuracy with interval and baselines, and some samples."""
        if not self.start.held_out:
            return None
        outcomes: list[Outcome] = []
        totals: dict[str, float] = {}
        for batch in batches_by_length(self.start.held_out, self.config.batch_size):
            self.stop.check()
            laid = self.lay_out(batch)
            logps = response_logps(self.model, laid)
            figures: dict[str, float] = {}
            if self.entry.pairwise is not None:
                loss, figures = self._loss(batch, laid, logps)
                figures["loss"] = float(loss)
            for name, value in figures.items():
                totals[name] = totals.get(name, 0.0) + value / len(self.start.held_out)
            rewards = self._rewards(logps, self._reference(batch, logps), laid.lengths)
            outcomes += outcomes_by_example(batch, rewards.tolist())
        self._sample(step)
        accuracy = accuracy_figures(outcomes)
        metrics: dict[str, Any] = totals | accuracy
        return Evaluation(
            metrics={f"held_out_{name}": value for name, value in metrics.items()}
            | {"held_out_split": self.start.held_out_split},
            score=-totals["loss"] if "loss" in totals else accuracy["accuracy"],
        )

    def _sample(self, step: int) -> None:
        """Answers to the same held-out prompts at every evaluation."""
        for example in self.start.held_out[: self.config.samples]:
            self.stop.check()
            sampling = Sampling(
                temperature=0.0, top_p=1.0, max_new_tokens=self.config.sample_tokens, n=1
            )
            (answers,) = sample_responses(
                self.model,
                self.start.tokenizer,
                [example.prompt],
                [self.config.seed],
                sampling,
            )
            self.run.append_samples(
                {"step": step, "prompt": example.messages, "response": answers[0].text}
            )

    def save(self, folder: Path) -> None:
        """Adapters, or the whole policy, with tokenizer and lineage."""
        save_checkpoint(
            folder,
            model=self.model,
            tokenizer=self.start.tokenizer,
            base=self.start.base,
            about=about(self.start, self.config, kind="policy"),
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


def train_policy(run: RunDir, config: PreferenceConfig, stop: StopWatch) -> Result:
    """Train, or go on training, the run's policy."""
    start = start_run(run, config, reward=False)
    learner = PreferenceLearner(run, start, config, stop)
    if learner.entry.listwise:
        start.train = with_order(start.train)
        start.held_out = [e for e in start.held_out if implied_ranks(e) is not None]
    if learner.entry.needs_reference:
        visited = [start.train[i] for i in plan_of(config, start.train).visited()]
        _compute_reference(run, learner, [*visited, *start.held_out])
    return TrainingLoop(run, config, learner, start.train, stop).train()


@torch.no_grad()
def _compute_reference(
    run: RunDir, learner: PreferenceLearner, examples: Sequence[Example]
) -> None:
    """Log-probabilities under the weights the run starts from, before any of them has moved.

    A run that has a checkpoint has them on disk already; one that was killed before goes on here.
    """
    if learner.reference.read(examples):
        return
    batches = batches_by_length(examples, learner.config.batch_size)
    for number, batch in enumerate(batches):
        learner.stop.check()
        learner.reference.add(batch, response_logps(learner.model, learner.lay_out(batch)))
        run.append_progress(
            {"step": number + 1, "total_steps": len(batches), "phase": "reference", "metrics": {}}
        )
    learner.reference.write()


if __name__ == "__main__":
    sys.exit(main(PreferenceConfig, train_policy))
