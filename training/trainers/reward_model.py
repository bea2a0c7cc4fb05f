"""Trains a reward model: a score per response and criterion, from pairs and K-way rankings.

One prompt with all its responses is one row and one element of the batch. Run it with
`python -m training.trainers.reward_model RUN [--field value ...]`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.run_dir import RunDir
from training.trainers.configs import RewardModelConfig
from training.trainers.data.comparison_batches import ComparisonBatch, comparison_batch
from training.trainers.data.order_batches import order_batch, with_order
from training.trainers.data.record_datasets import Example
from training.trainers.evaluation.held_out import HeldOutReport
from training.trainers.loop.command_line import Result, StopWatch, main
from training.trainers.loop.measured_step import first_look
from training.trainers.loop.starting import Start, start_run
from training.trainers.loop.step_loop import Evaluation
from training.trainers.loop.training_loop import TrainingLoop, plan_of
from training.trainers.losses.combining import combine_comparisons
from training.trainers.losses.listwise import plackett_luce
from training.trainers.losses.reward import centering, reward_pairs
from training.trainers.models.frozen_states import keep_frozen_part
from training.trainers.models.saving import save_checkpoint
from training.trainers.rewards.ensemble import train_ensemble
from training.trainers.rewards.reward_heads import criteria_of_model, draw_heads
from training.trainers.rewards.reward_scoring import RewardScorer
from training.trainers.shared_prompt import inner_model


class RewardLearner:
    """Scores responses and learns from comparisons; a `training_loop.Learner`."""

    def __init__(
        self, run: RunDir, start: Start, config: RewardModelConfig, stop: StopWatch
    ) -> None:
        self.run, self.start, self.config, self.stop = run, start, config, stop
        self.model = start.model
        self.scorer = RewardScorer(start.model, start.rows)

    def scores(self, batch: Sequence[Example]) -> Tensor:
        """Scores of all responses of a batch by the heads that are asked: fp32 [R]."""
        return self.scorer.own_head(self.scorer.every_head(batch), batch)

    def loss(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float]]:
        """The loss summed over prompts; accuracy, score difference and mean likewise."""
        scores = self.scores(batch)
        pairs = comparison_batch(batch, self.start.use, scores.device)
        loss = self._loss(batch, scores, pairs)
        if self.config.centering:
            loss = loss + self.config.centering * _off_centre(scores, pairs)
        seen = scores.detach()
        decided = (seen[pairs.better] - seen[pairs.worse])[pairs.decided]
        share = len(batch) / max(1, len(decided))
        figures = {
            "accuracy": share * float((decided > 0).sum() + 0.5 * (decided == 0).sum()),
            "score_margin": share * float(decided.sum()),
            "score_mean": len(batch) * float(seen.mean()),
        }
        return loss, figures

    def _loss(self, batch: Sequence[Example], scores: Tensor, pairs: ComparisonBatch) -> Tensor:
        if self.config.loss == "plackett_luce":
            order = order_batch(batch, self.start.use, scores.device)
            return plackett_luce(scores, order.ranks, weights=order.weights, prompt=order.prompt)
        difference = scores[pairs.better] - scores[pairs.worse]
        none = torch.zeros_like(pairs.margin)
        flip = self.config.label_smoothing
        forward = reward_pairs(difference, pairs.margin, label_smoothing=flip)
        level = reward_pairs(difference, none, label_smoothing=flip)
        backward = reward_pairs(-difference, none, label_smoothing=flip)
        # What is said to be equal must not be held apart by the margin of those who saw a winner.
        tie = (level + backward) / 2
        return combine_comparisons(forward, backward, pairs.weights, tie_loss=tie)

    @torch.no_grad()
    def evaluate(self, step: int) -> Evaluation | None:
        """Held-out accuracy with its interval and baselines, and the loss that picks the best."""
        if not self.start.held_out:
            return None
        listwise = self.config.loss == "plackett_luce"
        report, total = HeldOutReport(), 0.0
        for batch in batches_by_length(self.start.held_out, self.config.batch_size):
            self.stop.check()
            every = self.scorer.every_head(batch)
            scores = self.scorer.own_head(every, batch)
            if not listwise:
                pairs = comparison_batch(batch, self.start.use, scores.device)
                total += float(self._loss(batch, scores, pairs))
            report.add(batch, scores.tolist(), heads=self.scorer.by_head(every))
        figures = report.write(
            self.run,
            step=step,
            about={
                "model": self.config.model,
                "scoring": "reward",
                "split": self.start.held_out_split,
            },
            labelers=self.start.held_out_labelers,
        )
        loss = total / len(self.start.held_out)
        extra: dict[str, Any] = {} if listwise else {"loss": loss}
        return Evaluation(
            metrics={f"held_out_{name}": value for name, value in (figures | extra).items()}
            | {"held_out_split": self.start.held_out_split},
            score=figures["accuracy"] if listwise else -loss,
        )

    def save(self, folder: Path) -> None:
        """Adapters with the heads, or the whole classifier, with tokenizer and lineage."""
        save_checkpoint(
            folder,
            model=self.model,
            tokenizer=self.start.tokenizer,
            base=self.start.base,
            about=about(self.start, self.config, kind="reward_model")
            | {"criteria": list(self.scorer.heads)},
        )


def _off_centre(scores: Tensor, pairs: ComparisonBatch) -> Tensor:
    """The centering term, averaged over a prompt's comparisons and summed over prompts."""
    value = centering(scores[pairs.better], scores[pairs.worse])
    counts = replace(pairs.weights, forward=torch.ones_like(value))
    return combine_comparisons(value, None, counts)


def about(start: Start, config: Any, *, kind: str) -> dict[str, Any]:
    """What a checkpoint says of itself."""
    beta = getattr(config, "beta", None)
    return {
        "kind": kind,
        "base_model": config.model,
        "starting_model": start.starting_model,
        "tuning": config.tuning,
        "dataset": config.dataset,
        "loss": config.loss,
        "seed": config.seed,
        "held_out_labelers": sorted(start.held_out_labelers),
    } | ({} if beta is None else {"beta": beta})


def batches_by_length(examples: Sequence[Example], size: int) -> list[list[Example]]:
    """Examples in batches of like lengths, longest first: what does not fit fails at once."""
    ordered = sorted(examples, key=lambda example: -example.length)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def train_reward_model(run: RunDir, config: RewardModelConfig, stop: StopWatch) -> Result:
    """Train, or go on training, the run's reward model, or all members of its ensemble."""
    if config.members > 1:
        return train_ensemble(run, config, stop, train_member)
    return _train(run, config, stop, drawn=False)


def train_member(run: RunDir, config: RewardModelConfig, stop: StopWatch) -> Result:
    """Train, or go on training, one member of an ensemble: its heads begin at random."""
    return _train(run, config, stop, drawn=True)


def _train(run: RunDir, config: RewardModelConfig, stop: StopWatch, *, drawn: bool) -> Result:
    start = start_run(run, config, reward=True)
    if config.criteria not in ("auto", "one"):
        heads = criteria_of_model(inner_model(start.model))
        start.train = [example for example in start.train if example.criterion in heads]
        start.held_out = [example for example in start.held_out if example.criterion in heads]
    if config.loss == "plackett_luce":
        start.train = with_order(start.train)
    if drawn and run.latest_checkpoint() is None:
        draw_heads(start.model, config.seed)
    learner = RewardLearner(run, start, config, stop)
    visited = [start.train[n] for n in plan_of(config, start.train).visited()]
    keep_frozen_part(
        run,
        start.rows,
        [*visited, *start.held_out],
        freeze_fraction=config.freeze_fraction,
        stop=stop,
    )
    first_look(run, config, learner, start.train, start.held_out, stop)
    return TrainingLoop(run, config, learner, start.train, stop).train()


if __name__ == "__main__":
    sys.exit(main(RewardModelConfig, train_reward_model))
