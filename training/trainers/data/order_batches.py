"""The order of each prompt's responses as tensors, for losses that see a whole order at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.trainers.data.comparison_batches import LabelUse, implied_ranks
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.record_datasets import Example


@dataclass(frozen=True)
class OrderBatch:
    """R responses numbered through: ``ranks`` from 1, equal for ties, ``weights`` and ``prompt``.

    A weight says how sure the labels are that a response stands above, or even with, those that
    are not ranked above it.
    """

    ranks: Tensor
    weights: Tensor
    prompt: Tensor


def order_batch(examples: Sequence[Example], use: LabelUse, device: torch.device) -> OrderBatch:
    """The orders of examples that have one (`with_order`)."""
    ranks: list[int] = []
    weights: list[float] = []
    prompt: list[int] = []
    for number, example in enumerate(examples):
        found = implied_ranks(example)
        if found is None:
            raise ValueError(f"{example.id} has no order: keep only examples of `with_order`.")
        ranks += found
        weights += _weights(example, found, use)
        prompt += [number] * len(found)
    return OrderBatch(
        ranks=torch.tensor(ranks, device=device),
        weights=torch.tensor(weights, device=device),
        prompt=torch.tensor(prompt, device=device),
    )


def with_order(examples: Sequence[Example]) -> list[Example]:
    """The examples whose comparisons make one order, as listwise losses need.

    Raises DataError where none does.
    """
    kept = [example for example in examples if implied_ranks(example) is not None]
    if not kept:
        raise DataError(
            "No prompt has a complete order without contradiction, as plackett_luce needs: choose"
            " a pairwise loss."
        )
    return kept


def _weights(example: Example, ranks: Sequence[int], use: LabelUse) -> list[float]:
    """Per response, the mean certainty of its comparisons with those not ranked above it."""
    found: list[list[float]] = [[] for _ in ranks]
    for c in example.comparisons:
        if ranks[c.better] < ranks[c.worse]:
            found[c.better].append(c.p_better)
        else:  # what pulls to the middle: a tie, or as much for one as for the other
            even = 1 - abs(c.p_better - c.p_worse)
            found[c.better].append(even)
            found[c.worse].append(even)
    if use.label_weights == "equal":
        return [1.0] * len(ranks)
    return [sum(sure) / len(sure) if sure else 1.0 for sure in found]
