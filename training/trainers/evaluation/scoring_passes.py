"""Passes of models over held-out examples, longest first: scores or log-probabilities by example.

What a reward model with several heads, an ensemble and a policy with its reference have in common
is that somebody goes over the same examples, once or several times, and notes how far.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from training.run_dir import RunDir
from training.trainers.data.record_datasets import Example
from training.trainers.loop.command_line import StopWatch
from training.trainers.models.model_loading import LoadedModel
from training.trainers.shared_prompt import Rows, SharedBatch, why_not_shared

Score = Callable[[Any, SharedBatch], Tensor]


class ScoringPasses:
    """Runs models over examples; a stop is heeded and progress noted with every batch."""

    def __init__(
        self,
        run: RunDir,
        examples: Sequence[Example],
        *,
        batch_size: int,
        passes: int,
        stop: StopWatch,
    ) -> None:
        self.run, self.examples, self.stop = run, examples, stop
        order = sorted(range(len(examples)), key=lambda n: -examples[n].length)
        self.batches = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
        self.total = passes * len(self.batches)
        self.done = 0

    @torch.no_grad()
    def score(self, loaded: LoadedModel, score: Score, device: torch.device) -> list[Tensor]:
        """What ``score`` gives ([R] or [R, H] of a batch) by example in their order, on the CPU."""
        model = loaded.model.to(device)
        longest = max(example.longest for example in self.examples)
        shared = why_not_shared(model, longest) is None
        rows = Rows(model, pad_id=loaded.tokenizer.pad_token_id, shared=shared)
        found: dict[int, Tensor] = {}
        for numbers in self.batches:
            self.stop.check()
            batch = [self.examples[n] for n in numbers]
            values = score(model, rows(batch)).float().cpu()
            parts = torch.split(values, [len(example.responses) for example in batch])
            found.update(zip(numbers, parts, strict=True))
            self._note()
        return [found[n] for n in range(len(self.examples))]

    def _note(self) -> None:
        self.done += 1
        self.run.append_progress(
            {
                "step": self.done,
                "total_steps": self.total,
                "epoch": self.done / self.total,
                "phase": "evaluating",
                "metrics": {},
            }
        )
