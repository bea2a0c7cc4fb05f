"""Trains a policy to imitate responses: what people wrote, or what they chose.

The loss is that of TRL's SFTTrainer, on response tokens only and averaged over all of a step's. Run
it with `python -m training.trainers.sft RUN [--field value ...]`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.run_dir import RunDir
from training.trainers.configs import SftConfig
from training.trainers.data.chat_text import ChatText
from training.trainers.data.data_report import add_to_report
from training.trainers.data.labelled_prompts import HELD_OUT
from training.trainers.data.reading import Data
from training.trainers.data.record_datasets import Example
from training.trainers.data.single_responses import SingleReader, to_imitate
from training.trainers.evaluation.evaluation_samples import sampled_figures, write_samples
from training.trainers.loop.command_line import Result, StopWatch, main
from training.trainers.loop.measured_step import first_look
from training.trainers.loop.starting import Start, start_run
from training.trainers.loop.step_loop import Evaluation
from training.trainers.loop.training_loop import TrainingLoop
from training.trainers.models.saving import save_checkpoint
from training.trainers.policies.trl_losses import SftLoss
from training.trainers.reward_model import batches_by_length

IMITATED = ("demonstration", "preference", "ranking")


class SftLearner:
    """A policy that learns to write given responses; a `training_loop.Learner`."""

    def __init__(self, run: RunDir, start: Start, config: SftConfig, stop: StopWatch) -> None:
        self.run, self.start, self.config, self.stop = run, start, config, stop
        self.model = start.model
        self.nll = SftLoss(start, run.path, packing=config.packing)

    def units(self, batch: Sequence[Example]) -> float:
        """Response tokens: what losses and figures are averaged over."""
        return float(sum(len(example.responses[0]) for example in batch))

    def loss(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float]]:
        """The loss summed over response tokens; accuracy and entropy of next tokens likewise."""
        loss, means = self.nll(batch)
        tokens = self.units(batch)
        figures = {
            "token_accuracy": tokens * means["mean_token_accuracy"],
            "entropy": tokens * means["entropy"],
        }
        return loss, figures

    @torch.no_grad()
    def evaluate(self, step: int) -> Evaluation | None:
        """Held-out loss per response token, and answers to some held-out prompts."""
        if not self.start.held_out:
            return None
        totals: dict[str, float] = {}
        for batch in batches_by_length(self.start.held_out, self.config.batch_size):
            self.stop.check()
            loss, seen = self.loss(batch)
            for name, value in {"loss": float(loss), **seen}.items():
                totals[name] = totals.get(name, 0.0) + value
        write_samples(self.run, self.start, self.config, step, self.stop)
        tokens = self.units(self.start.held_out)
        figures = {name: value / tokens for name, value in totals.items()}
        figures |= sampled_figures(self.start, self.config, self.stop)
        metrics: dict[str, Any] = {f"held_out_{name}": v for name, v in figures.items()}
        return Evaluation(
            metrics=metrics | {"held_out_split": self.start.held_out_split},
            score=-metrics["held_out_loss"],
        )

    def save(self, folder: Path) -> None:
        """Adapters, or the whole policy, with tokenizer and lineage."""
        save_checkpoint(
            folder,
            model=self.model,
            tokenizer=self.start.tokenizer,
            base=self.start.base,
            about={
                "kind": "policy",
                "base_model": self.config.model,
                "starting_model": self.start.starting_model,
                "tuning": self.config.tuning,
                "dataset": self.config.dataset,
                "loss": "sft",
                "seed": self.config.seed,
            },
        )


def read_imitated(config: SftConfig, text: ChatText, limit: int) -> Data:
    """Responses worth imitating; a `reading.Reading`."""
    kinds = IMITATED if config.data == "auto" else (config.data,)
    reader = SingleReader(config.dataset, text, max_length=limit, kinds=kinds, singles=to_imitate)
    train = reader.examples("train")
    split = next((s for s in HELD_OUT if reader.has(s)), "")
    held_out = reader.examples(split, limit=config.evaluation_prompts) if split else []
    return Data(train=[*train], held_out=[*held_out], held_out_split=split, report=reader.report())


def train_sft(run: RunDir, config: SftConfig, stop: StopWatch) -> Result:
    """Train, or go on training, the run's policy."""
    start = start_run(run, config, reward=False, read=read_imitated)
    learner = SftLearner(run, start, config, stop)
    if config.packing:
        shortest = sorted(start.train, key=lambda example: example.length)[:3]
        reason = learner.nll.settle_packing(shortest)
        add_to_report(run, {"packing": reason is None, "why_not_packed": reason})
    first_look(run, config, learner, start.train, start.held_out, stop)
    return TrainingLoop(run, config, learner, start.train, stop).train()


if __name__ == "__main__":
    sys.exit(main(SftConfig, train_sft))
