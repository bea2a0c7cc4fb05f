"""Trains a policy on responses that are good or bad by themselves: KTO and APO-zero.

The losses are those of TRL's KTOTrainer, weighed by how sure each label is. Run it with
`python -m training.trainers.kto RUN [--field value ...]`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from training.run_dir import RunDir
from training.trainers.configs import KtoConfig
from training.trainers.data.chat_text import ChatText
from training.trainers.data.dataset_checks import DataError
from training.trainers.data.labelled_prompts import HELD_OUT
from training.trainers.data.reading import Data
from training.trainers.data.record_datasets import Example
from training.trainers.data.single_responses import JudgedExample, SingleReader, to_judge
from training.trainers.evaluation.evaluation_samples import sampled_figures, write_samples
from training.trainers.loop.command_line import Result, StopWatch, main
from training.trainers.loop.measured_step import first_look
from training.trainers.loop.starting import Start, start_run
from training.trainers.loop.step_loop import Evaluation
from training.trainers.loop.training_loop import TrainingLoop, plan_of
from training.trainers.models.saving import save_checkpoint
from training.trainers.policies.reference_policy import ReferencePolicy
from training.trainers.policies.trl_losses import KtoLoss
from training.trainers.reward_model import about, batches_by_length
from training.trainers.shared_prompt import response_logps

JUDGED = ("unpaired", "preference", "ranking")
FIGURES = {
    "kl": "kl",
    "rewards/chosen": "reward_good",
    "rewards/rejected": "reward_bad",
    "rewards/margins": "reward_margin",
    "logps/chosen": "logp_good",
    "logps/rejected": "logp_bad",
}
"""TRL's figures that are shown, by our names."""


class KtoLearner:
    """A policy that learns from good and bad responses; a `training_loop.Learner`."""

    def __init__(self, run: RunDir, start: Start, config: KtoConfig, stop: StopWatch) -> None:
        self.run, self.start, self.config, self.stop = run, start, config, stop
        self.model = start.model
        good = sum(example.good for example in judged(start.train))
        self.kto = KtoLoss(start, run.path, config, good / len(start.train))
        self.reference = ReferencePolicy(run, start, config)

    def loss(self, batch: Sequence[Example]) -> tuple[Tensor, dict[str, float]]:
        """The loss summed over responses, and what the policy thinks of good and bad ones."""
        examples = judged(batch)
        rows = two_responses(examples)
        reference = self.reference.logps(rows, self.start.rows(rows)).view(-1, 2)
        loss, means = self.kto(examples, reference)
        figures = {
            ours: len(batch) * means[name] for name, ours in FIGURES.items() if name in means
        }
        return len(batch) * loss, figures

    @torch.no_grad()
    def evaluate(self, step: int) -> Evaluation | None:
        """Held-out loss, and how often a good response has a higher implicit reward than a bad."""
        if not self.start.held_out:
            return None
        total = 0.0
        rewards: list[float] = []
        good: list[bool] = []
        for batch in batches_by_length(self.start.held_out, self.config.batch_size):
            self.stop.check()
            total += float(self.loss(batch)[0])
            laid = self.start.rows(two_responses(judged(batch)))
            reference = self.reference.logps(two_responses(judged(batch)), laid)
            gains = (response_logps(self.model, laid) - reference).view(-1, 2)[:, 0]
            rewards += gains.tolist()
            good += [example.good for example in judged(batch)]
        write_samples(self.run, self.start, self.config, step, self.stop)
        figures = {"loss": total / len(self.start.held_out)}
        area = good_above_bad(rewards, good)
        if area is not None:
            figures["good_above_bad"] = area
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
            about=about(self.start, self.config, kind="policy"),
        )


def judged(examples: Sequence[Example]) -> Sequence[JudgedExample]:
    """The examples of a run of this trainer, all of which `read_judged` made."""
    return cast(Sequence[JudgedExample], examples)


def two_responses(examples: Sequence[JudgedExample]) -> list[Example]:
    """Each prompt with its own response and the one that measures the drift."""
    return [replace(e, responses=[e.responses[0], e.other], chars=[]) for e in examples]


def good_above_bad(rewards: Sequence[float], good: Sequence[bool]) -> float | None:
    """Share of all (good, bad) couples whose good one has the higher reward, ties half.

    It is the area under the ROC curve (Mann and Whitney 1947); None where one kind is missing.
    """
    values, kinds = np.asarray(rewards), np.asarray(good, dtype=bool)
    above, below = values[kinds], np.sort(values[~kinds])
    if not len(above) or not len(below):
        return None
    won = np.searchsorted(below, above, side="left").sum()
    tied = np.searchsorted(below, above, side="right").sum() - won
    return float((won + tied / 2) / (len(above) * len(below)))


def with_others(examples: Sequence[JudgedExample], limit: int) -> list[JudgedExample]:
    """Each example with the response before it in the file that answers another prompt.

    KTO (2402.01306 section 4.1) measures the policy's drift on such mismatched couples. Chosen once
    for all, they do not depend on batches, and their reference is computed once. With the prompt
    they have ``limit`` tokens at most.
    """
    found: list[JudgedExample] = []
    for number, example in enumerate(examples):
        others = (examples[number - back] for back in range(1, len(examples)))
        other = next((o for o in others if o.cluster != example.cluster), None)
        if other is None:
            raise DataError("All records answer one prompt: KTO needs two prompts at least.")
        found.append(replace(example, other=other.responses[0][: limit - len(example.prompt)]))
    return found


def read_judged(config: KtoConfig, text: ChatText, limit: int) -> Data:
    """Good and bad responses; a `reading.Reading`. Raises DataError where one kind is missing."""
    kinds = JUDGED if config.data == "auto" else (config.data,)
    reader = SingleReader(config.dataset, text, max_length=limit, kinds=kinds, singles=to_judge)
    train = reader.examples("train")
    if len({example.good for example in train}) < 2:
        side = "good" if train[0].good else "bad"
        raise DataError(f"Every training response is {side}: label responses of the other kind.")
    split = next((s for s in HELD_OUT if reader.has(s)), "")
    held_out = reader.examples(split, limit=config.evaluation_prompts) if split else []
    alone = len({example.cluster for example in held_out}) < 2
    return Data(
        train=[*with_others(train, limit)],
        held_out=[] if alone else [*with_others(held_out, limit)],
        held_out_split="" if alone else split,
        report=reader.report(),
    )


def train_kto(run: RunDir, config: KtoConfig, stop: StopWatch) -> Result:
    """Train, or go on training, the run's policy."""
    start = start_run(run, config, reward=False, read=read_judged)
    learner = KtoLearner(run, start, config, stop)
    visited = [start.train[i] for i in plan_of(config, start.train).visited()]
    rows = two_responses(judged([*visited, *start.held_out]))
    first_look(
        run, config, learner, start.train, start.held_out, stop,
        prepare=lambda batch: learner.reference.stand_in(two_responses(judged(batch))),
    )  # fmt: skip
    learner.reference.compute(batches_by_length(rows, config.batch_size), stop)
    return TrainingLoop(run, config, learner, start.train, stop).train()


if __name__ == "__main__":
    sys.exit(main(KtoConfig, train_kto))
