"""Labelled comparisons of a batch as tensors, and the order they imply within a prompt.

Label quality enters here: posterior weights, ties and margins become the numbers that
`training.trainers.losses.combining` takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from training.trainers.data.labelled_prompts import Labelled
from training.trainers.data.record_datasets import Example
from training.trainers.losses.combining import ComparisonWeights


@dataclass(frozen=True, kw_only=True)
class LabelUse:
    """How labels count; see the settings of the same names."""

    label_weights: str = "soft"
    learn_from_ties: bool = True
    margin_scale: float = 0.0


@dataclass(frozen=True)
class ComparisonBatch:
    """P comparisons: flat response numbers ``better`` and ``worse`` [P], ``margin`` [P].

    ``decided`` [P] marks those that can be right or wrong; others have no margin, for it would pull
    what is equal apart.
    """

    better: Tensor
    worse: Tensor
    margin: Tensor
    decided: Tensor
    weights: ComparisonWeights


def usable(examples: Sequence[Example], use: LabelUse) -> list[Example]:
    """The examples with the comparisons that teach something; prompts left with none go."""
    kept = [
        replace(example, comparisons=[c for c in example.comparisons if _teaches(c, use)])
        for example in examples
    ]
    return [example for example in kept if example.comparisons]


def comparison_batch(
    examples: Sequence[Example], use: LabelUse, device: torch.device
) -> ComparisonBatch:
    """All comparisons of a batch of examples, responses numbered through in order."""
    offsets = [0]
    for example in examples:
        offsets.append(offsets[-1] + len(example.responses))
    flat = [(n, c) for n, example in enumerate(examples) for c in example.comparisons]
    pulls = torch.tensor([_pulls(c, use) for _, c in flat], device=device)
    return ComparisonBatch(
        better=torch.tensor([offsets[n] + c.better for n, c in flat], device=device),
        worse=torch.tensor([offsets[n] + c.worse for n, c in flat], device=device),
        margin=torch.tensor(
            [use.margin_scale * c.margin if c.decided else 0.0 for _, c in flat], device=device
        ),
        decided=torch.tensor([c.decided for _, c in flat], device=device),
        weights=ComparisonWeights(
            forward=pulls[:, 0],
            backward=pulls[:, 1],
            tie=pulls[:, 2],
            prompt=torch.tensor([n for n, _ in flat], device=device),
            prompts=len(examples),
        ),
    )


def implied_ranks(example: Example) -> list[int] | None:
    """Ranks from 1, equal for ties, when the comparisons are complete and agree; else None."""
    count = len(example.responses)
    if len({frozenset((c.better, c.worse)) for c in example.comparisons}) < count * (count - 1) / 2:
        return None
    points = [0.0] * count
    for c in example.comparisons:
        points[c.better] += 1.0 if c.decided else 0.5
        points[c.worse] += 0.0 if c.decided else 0.5
    for c in example.comparisons:
        if (points[c.better] > points[c.worse]) != c.decided:
            return None
        if not c.decided and points[c.better] != points[c.worse]:
            return None
    return [1 + sum(other > own for other in points) for own in points]


def _teaches(c: Labelled, use: LabelUse) -> bool:
    return c.decided or use.learn_from_ties


def _pulls(c: Labelled, use: LabelUse) -> tuple[float, float, float]:
    """forward, backward and tie weight of one comparison."""
    if use.label_weights == "equal":
        return (1.0, 0.0, 0.0) if c.decided else (0.0, 0.0, 1.0)
    tie = c.p_tie if use.learn_from_ties else 0.0
    both = use.label_weights == "soft" or c.p_better == c.p_worse
    return (c.p_better, c.p_worse if both else 0.0, tie)
