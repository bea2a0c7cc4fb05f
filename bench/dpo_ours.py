"""Accord's side of the benchmark `dpo`: its own trainer, from the settings to the loop."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bench.dpo_side import BETA, RANK, SEED, Case, Pair, Turns, pairs_of, same_adapters
from training.run_dir import RunDir
from training.trainers.configs import PreferenceConfig
from training.trainers.data.chat_text import ChatText
from training.trainers.data.labelled_prompts import Labelled
from training.trainers.data.reading import Data
from training.trainers.data.record_datasets import Example
from training.trainers.data.split_report import SplitReport
from training.trainers.loop.command_line import StopWatch
from training.trainers.loop.starting import start_run
from training.trainers.loop.training_loop import TrainingLoop
from training.trainers.preference import PreferenceLearner

SURE = Labelled(better=0, worse=1, p_better=1.0, p_worse=0.0, p_tie=0.0, margin=0.0)


class Overheard(PreferenceLearner):
    """The learner, whose losses are kept as means over pairs."""

    last_loss = 0.0

    def loss(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float]]:
        value, figures = super().loss(batch)
        self.last_loss = float(value.detach()) / len(batch)
        return value, figures


class OneByOne(TrainingLoop):
    """The loop, a step at a time."""

    turns: Turns
    overheard: Overheard

    def step(self) -> None:
        began = self.turns.wait()
        super().step()
        self.turns.done(began, self.overheard.last_loss)


def train(case: Case, folder: Path, turns: Turns) -> None:
    """Do the run's steps when they are asked for."""

    def read(config: Any, text: ChatText, limit: int) -> Data:
        report = {"splits": {"train": asdict(SplitReport())}, "text": asdict(text.findings)}
        return Data(_examples(pairs_of(text.tokenizer, case)), [], "", report)

    run, config = RunDir(folder), _settings(case, folder)
    run.create(config.as_dict())
    start = start_run(run, config, reward=False, read=read)
    if case.tuning == "lora":
        same_adapters(start.model)
    learner = Overheard(run, start, config, StopWatch(run))
    batches = [[start.train[i] for i in numbers] for numbers in case.batches()]
    began = time.perf_counter()
    learner.reference.compute(batches, learner.stop)
    learner.reference.check_start(batches[0])
    loop = OneByOne(run, config, learner, start.train, learner.stop)
    loop.turns, loop.overheard = turns, learner
    turns.ready(reference_seconds=time.perf_counter() - began)
    loop.train()


def _settings(case: Case, folder: Path) -> PreferenceConfig:
    return PreferenceConfig.from_dict(
        {
            "dataset": str(folder), "device": case.device, "tuning": case.tuning, "beta": BETA,
            "batch_size": case.pairs, "max_steps": case.steps, "warmup_fraction": 0.0,
            "learning_rate": case.learning_rate, "lora_rank": RANK, "lora_alpha": 2.0 * RANK,
            "precision": "fp32", "evaluate_every": 0, "checkpoint_every": 10**6, "seed": SEED,
            # As many as torch takes of itself, which is what the other side has.
            "threads": torch.get_num_threads(),
        }
    )  # fmt: skip


def _examples(pairs: Sequence[Pair]) -> list[Example]:
    return [
        Example(
            id=str(number), cluster=str(number), prompt=prompt, responses=[chosen, rejected],
            chars=[1, 1], comparisons=[SURE], messages=[],
        )
        for number, (prompt, chosen, rejected) in enumerate(pairs)
    ]  # fmt: skip
