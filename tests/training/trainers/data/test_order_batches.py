"""Orders of prompts as tensors, with how sure the labels are of each choice."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import logsigmoid

from training.trainers.data.comparison_batches import LabelUse
from training.trainers.data.labelled_prompts import DataError, Labelled
from training.trainers.data.order_batches import order_batch, with_order
from training.trainers.data.record_datasets import Example
from training.trainers.losses.listwise import plackett_luce

CPU = torch.device("cpu")


def compared(better: int, worse: int, p_better: float, p_tie: float = 0.0) -> Labelled:
    return Labelled(
        better=better, worse=worse, p_better=p_better, p_worse=1 - p_better - p_tie, p_tie=p_tie,
        margin=0.0,
    )  # fmt: skip


def example(count: int, *comparisons: Labelled) -> Example:
    return Example(
        id="x", cluster="x", prompt=[1], responses=[[n + 2] for n in range(count)],
        chars=[1] * count, comparisons=list(comparisons), messages=[],
    )  # fmt: skip


THREE = example(3, compared(1, 0, 0.9), compared(1, 2, 0.7), compared(0, 2, 0.05, 0.9))
PAIR = example(2, compared(1, 0, 0.8))


def test_ranks_prompts_and_the_certainty_of_each_choice() -> None:
    order = order_batch([THREE, PAIR], LabelUse(), CPU)
    assert order.ranks.tolist() == [2, 1, 2, 2, 1]
    assert order.prompt.tolist() == [0, 0, 0, 1, 1]
    # The best is chosen from all (0.9 and 0.7); the tied two are as even as can be.
    assert order.weights.tolist() == pytest.approx([1.0, 0.8, 1.0, 1.0, 0.8])


def test_equal_trust_gives_every_choice_the_same_weight() -> None:
    order = order_batch([THREE, PAIR], LabelUse(label_weights="equal"), CPU)
    assert order.weights.tolist() == [1.0] * 5


def test_a_weighed_pair_counts_as_in_the_pairwise_loss() -> None:
    order, scores = order_batch([PAIR], LabelUse(), CPU), torch.tensor([0.3, 1.0])
    value = plackett_luce(scores, order.ranks, weights=order.weights, prompt=order.prompt)
    expected = -0.8 * logsigmoid(torch.tensor(0.7))
    assert value.item() == pytest.approx(expected.item())


def test_only_prompts_with_an_order_are_kept() -> None:
    circle = example(3, compared(0, 1, 0.9), compared(1, 2, 0.9), compared(2, 0, 0.9))
    assert with_order([circle, PAIR]) == [PAIR]
    with pytest.raises(DataError, match="complete order"):
        with_order([circle])
    with pytest.raises(ValueError, match="has no order"):
        order_batch([circle], LabelUse(), CPU)
