"""Labels as weights: posteriors, ties, margins, and the order that comparisons imply."""

from __future__ import annotations

import pytest
import torch

from training.trainers.data.comparison_batches import (
    LabelUse,
    comparison_batch,
    implied_ranks,
    usable,
)
from training.trainers.data.labelled_prompts import Labelled
from training.trainers.data.record_datasets import Example

CPU = torch.device("cpu")


def labelled(better: int, worse: int, p: tuple[float, float, float], margin: float = 0) -> Labelled:
    return Labelled(
        better=better, worse=worse, p_better=p[0], p_worse=p[1], p_tie=p[2], margin=margin
    )


def example(count: int, *comparisons: Labelled) -> Example:
    return Example(
        id="e", cluster="e", prompt=[1], responses=[[2]] * count, chars=[1] * count,
        comparisons=list(comparisons), messages=[],
    )  # fmt: skip


SURE, TIE, EVEN = (0.8, 0.1, 0.1), (0.2, 0.1, 0.7), (0.5, 0.5, 0.0)


@pytest.mark.parametrize(
    ("use", "sure", "tie", "even"),
    [
        (LabelUse(label_weights="posterior"), (0.8, 0.0, 0.1), (0.2, 0.0, 0.7), (0.5, 0.5, 0.0)),
        (LabelUse(), (0.8, 0.1, 0.1), (0.2, 0.1, 0.7), (0.5, 0.5, 0.0)),
        (LabelUse(label_weights="equal"), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, 1.0)),
    ],
)
def test_how_labels_pull(
    use: LabelUse,
    sure: tuple[float, ...],
    tie: tuple[float, ...],
    even: tuple[float, ...],
) -> None:
    batch = comparison_batch(
        [example(2, *[labelled(0, 1, p) for p in (SURE, TIE, EVEN)])], use, CPU
    )
    weights = batch.weights
    pulls = torch.stack([weights.forward, weights.backward, weights.tie], dim=1)
    torch.testing.assert_close(pulls, torch.tensor([sure, tie, even]))
    assert batch.decided.tolist() == [True, False, False]


def test_responses_are_numbered_through_and_margins_scaled() -> None:
    batch = comparison_batch(
        [example(3, labelled(2, 0, SURE)), example(2, labelled(1, 0, SURE, margin=0.5))],
        LabelUse(margin_scale=2.0),
        CPU,
    )
    assert (batch.better.tolist(), batch.worse.tolist()) == ([2, 4], [0, 3])
    assert batch.margin.tolist() == [0.0, 1.0]
    assert batch.weights.prompt.tolist() == [0, 1]
    assert batch.weights.prompts == 2


def test_ties_leave_when_they_are_not_wanted() -> None:
    examples = [
        example(2, labelled(0, 1, SURE), labelled(0, 1, TIE)),
        example(2, labelled(0, 1, TIE)),
    ]
    assert len(usable(examples, LabelUse())) == 2
    (kept,) = usable(examples, LabelUse(learn_from_ties=False))
    assert [c.decided for c in kept.comparisons] == [True]


def test_ranks_from_comparisons() -> None:
    full = example(3, labelled(2, 0, SURE), labelled(2, 1, SURE), labelled(0, 1, TIE))
    assert implied_ranks(full) == [2, 2, 1]
    cycle = example(3, labelled(0, 1, SURE), labelled(1, 2, SURE), labelled(2, 0, SURE))
    assert implied_ranks(cycle) is None
    assert implied_ranks(example(3, labelled(0, 1, SURE), labelled(1, 2, SURE))) is None
    crooked = example(3, labelled(0, 1, TIE), labelled(1, 2, TIE), labelled(0, 2, SURE))
    assert implied_ranks(crooked) is None
