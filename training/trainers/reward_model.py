"""Trains a reward model: a scalar score per response, from pairs and K-way rankings.

One prompt with all its responses is one row and one element of the batch. Run it with
`python -m training.trainers.reward_model RUN [--field value ...]`.
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
from training.trainers.comparison_batches import comparison_batch, implied_ranks
from training.trainers.configs import RewardModelConfig
from training.trainers.labelled_prompts import DataError
from training.trainers.losses import centering, combine_comparisons, plackett_luce, reward_pairs
from training.trainers.model_loading import save_checkpoint
from training.trainers.pair_accuracy import Outcome, accuracy_figures, outcomes_of
from training.trainers.record_datasets import Example
from training.trainers.shared_prompt import lay_out, response_scores
from training.trainers.starting import Start, start_run
from training.trainers.training_loop import Evaluation, TrainingLoop


class RewardLearner:
    """Scores responses and learns from comparisons; a `training_loop.Learner`."""

    def __init__(self, start: Start, config: RewardModelConfig, stop: StopWatch) -> None:
        self.start, self.config, self.stop = start, config, stop
        self.model = start.model

    def scores(self, batch: Sequence[Example]) -> Tensor:
        """Scores of all responses of a batch, numbered through: fp32 [R]."""
        laid = lay_out(
            [example.prompt for example in batch],
            [example.responses for example in batch],
            pad_id=self.start.tokenizer.pad_token_id,
            shared=self.start.shared,
        )
        return response_scores(self.model, laid.to(self.start.device))

    def loss(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float]]:
        """The loss summed over prompts; accuracy, score difference and spread likewise."""
        scores = self.scores(batch)
        loss, figures = self._loss(batch, scores)
        if self.config.centering:
            loss = loss + self.config.centering * len(batch) * centering(scores)
        return loss, figures

    def _loss(self, batch: Sequence[Example], scores: Tensor) -> tuple[Tensor, dict[str, float]]:
        pairs = comparison_batch(batch, self.start.use, scores.device)
        difference = scores[pairs.better] - scores[pairs.worse]
        if self.config.loss == "plackett_luce":
            loss = self._listwise(batch, scores)
        else:
            smoothing = self.config.label_smoothing
            forward = reward_pairs(difference, pairs.margin, label_smoothing=smoothing)
            no_margin = torch.zeros_like(pairs.margin)
            backward = reward_pairs(-difference, no_margin, label_smoothing=smoothing)
            loss = combine_comparisons(forward, backward, pairs.weights)
        decided = difference.detach()[pairs.decided]
        share = len(batch) / max(1, len(decided))
        figures = {
            "accuracy": share * float((decided > 0).sum() + 0.5 * (decided == 0).sum()),
            "score_margin": share * float(decided.sum()),
            "score_mean": len(batch) * float(scores.detach().mean()),
        }
        return loss, figures

    def _listwise(self, batch: Sequence[Example], scores: Tensor) -> Tensor:
        total = scores.new_zeros(())
        offset = 0
        for example in batch:
            ranks = torch.tensor(implied_ranks(example), device=scores.device)
            total = total + plackett_luce(scores[offset : offset + len(ranks)], ranks)
            offset += len(ranks)
        return total

    @torch.no_grad()
    def evaluate(self, step: int) -> Evaluation | None:
        """Held-out accuracy with its interval and baselines, and the loss that picks the best."""
        if not self.start.held_out:
            return None
        outcomes: list[Outcome] = []
        total = 0.0
        for batch in batches_by_length(self.start.held_out, self.config.batch_size):
            self.stop.check()
            scores = self.scores(batch)
            if self.config.loss != "plackett_luce":
                total += float(self._loss(batch, scores)[0])
            outcomes += outcomes_by_example(batch, scores.tolist())
        figures = accuracy_figures(outcomes)
        loss = total / len(self.start.held_out)
        listwise = self.config.loss == "plackett_luce"
        extra: dict[str, Any] = {} if listwise else {"loss": loss}
        return Evaluation(
            metrics={f"held_out_{name}": value for name, value in (figures | extra).items()}
            | {"held_out_split": self.start.held_out_split},
            score=figures["accuracy"] if listwise else -loss,
        )

    def save(self, folder: Path) -> None:
        """Adapters with the head, or the whole classifier, with tokenizer and lineage."""
        save_checkpoint(
            folder,
            model=self.model,
            tokenizer=self.start.tokenizer,
            base=self.start.base,
            about=about(self.start, self.config, kind="reward_model"),
        )


def about(start: Start, config: Any, *, kind: str) -> dict[str, Any]:
    """What a checkpoint says of itself."""
    return {
        "kind": kind,
        "base_model": config.model,
        "starting_model": start.starting_model,
        "tuning": config.tuning,
        "dataset": config.dataset,
        "loss": config.loss,
        "seed": config.seed,
    }


def batches_by_length(examples: Sequence[Example], size: int) -> list[list[Example]]:
    """Examples in batches of like lengths, longest first: what does not fit fails at once."""
    ordered = sorted(examples, key=lambda example: -example.length)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def outcomes_by_example(batch: Sequence[Example], scores: Sequence[float]) -> list[Outcome]:
    """Outcomes of a batch whose responses' scores are numbered through."""
    outcomes: list[Outcome] = []
    offset = 0
    for example in batch:
        count = len(example.responses)
        outcomes += outcomes_of(example, scores[offset : offset + count])
        offset += count
    return outcomes


def with_order(examples: Sequence[Example]) -> list[Example]:
    """The examples whose comparisons make one order, as listwise losses need."""
    kept = [example for example in examples if implied_ranks(example) is not None]
    if not kept:
        raise DataError(
            "No prompt has a complete order without contradiction, as plackett_luce needs: choose"
            " a pairwise loss."
        )
    return kept


def train_reward_model(run: RunDir, config: RewardModelConfig, stop: StopWatch) -> Result:
    """Train, or go on training, the run's reward model."""
    start = start_run(run, config, reward=True)
    if config.loss == "plackett_luce":
        start.train = with_order(start.train)
    return TrainingLoop(run, config, RewardLearner(start, config, stop), start.train, stop).train()


if __name__ == "__main__":
    sys.exit(main(RewardModelConfig, train_reward_model))
