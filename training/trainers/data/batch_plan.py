"""Which examples each optimiser step sees: a pure function of lengths, sizes and seed.

The position in the data is therefore the step's number alone, which is what makes resuming exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np

T = TypeVar("T")

WINDOW_BATCHES = 8
"""Batches among which examples are sorted by length, so that rows of a batch are alike."""


@dataclass(frozen=True)
class BatchPlan:
    """A step takes ``accumulation`` batches of ``batch_size``; ``lengths`` are in tokens."""

    lengths: tuple[int, ...]
    batch_size: int
    accumulation: int
    epochs: float
    max_steps: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps per pass over the examples."""
        return math.ceil(len(self.lengths) / (self.batch_size * self.accumulation))

    @property
    def total_steps(self) -> int:
        """Optimiser steps of the whole run, at least one."""
        return self.max_steps or max(1, round(self.epochs * self.steps_per_epoch))

    def batches(self, step: int) -> list[list[int]]:
        """The example numbers of step ``step`` (from 0), one list per forward pass."""
        epoch, place = divmod(step, self.steps_per_epoch)
        return _epoch(self, epoch)[place]

    def visited(self) -> list[int]:
        """Every example that the run will see, in order of first use."""
        seen: dict[int, None] = {}
        for step in range(min(self.total_steps, self.steps_per_epoch)):
            for batch in self.batches(step):
                seen.update(dict.fromkeys(batch))
        return list(seen)


@lru_cache(maxsize=4)
def _epoch(plan: BatchPlan, epoch: int) -> list[list[list[int]]]:
    rng = np.random.default_rng([plan.seed, epoch])
    order = rng.permutation(len(plan.lengths)).tolist()
    window = plan.batch_size * max(WINDOW_BATCHES, plan.accumulation)
    batches: list[list[int]] = []
    for start in range(0, len(order), window):
        alike = sorted(order[start : start + window], key=lambda i: plan.lengths[i])
        batches += [list(part) for part in _cut(alike, plan.batch_size)]
    # The batch that is not full stays last: a step's size must not depend on the shuffle.
    full = [b for b in batches if len(b) == plan.batch_size]
    rest = [b for b in batches if len(b) < plan.batch_size]
    mixed = [full[i] for i in rng.permutation(len(full)).tolist()] + rest
    return [list(part) for part in _cut(mixed, plan.accumulation)]


def _cut(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
