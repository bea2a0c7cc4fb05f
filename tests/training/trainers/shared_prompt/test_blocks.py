"""Tokens go into blocks and come back, and so do their gradients."""

from __future__ import annotations

import pytest
import torch

from training.trainers.shared_prompt.blocks import Blocks, from_blocks, to_blocks
from training.trainers.shared_prompt.layout import SharedBatch, lay_out


def blocks_of(batch: SharedBatch) -> Blocks:
    assert batch.blocks is not None
    return batch.blocks


UNEVEN = ([[1, 2, 3], [4]], [[[5], [6, 7]], [[8, 9, 10]]])
EVEN = ([[1, 2], [3, 4]], [[[5], [6]], [[7], [8]]])


def test_spans_are_padded_to_the_longest() -> None:
    blocks = blocks_of(lay_out(*UNEVEN, pad_id=0, row_tokens=99))
    prompts, responses = to_blocks(torch.arange(10.0)[:, None], blocks)
    assert prompts.squeeze(-1).tolist() == [[0, 1, 2], [3, 0, 0]]
    assert responses.squeeze(-1).tolist() == [[4, 0, 0], [5, 6, 0], [7, 8, 9]]
    assert blocks.owners.tolist() == [0, 0, 1]
    assert not blocks.in_order


def test_responses_see_their_prompt_and_what_came_before() -> None:
    blocks = blocks_of(lay_out(*UNEVEN, pad_id=0))
    seen = ~blocks.hidden
    assert seen[1].int().tolist() == [[1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]]
    assert seen[2].int().tolist() == [[1, 0, 0, 1, 0, 0], [1, 0, 0, 1, 1, 0], [1, 0, 0, 1, 1, 1]]
    bias = blocks.bias(torch.float32, 2)
    assert bias.shape == (3, 1, 6, 6)
    assert torch.equal(bias[2, 0, 3:] == 0, seen[2])
    assert blocks.bias(torch.float32, 2) is bias


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize(("tokens", "row_tokens"), [(UNEVEN, 0), (UNEVEN, 99), (EVEN, 99)])
def test_there_and_back(tokens: tuple[list, list], row_tokens: int, side: str) -> None:
    batch = lay_out(*tokens, pad_id=0, row_tokens=row_tokens, padding_side=side)
    blocks = blocks_of(batch)
    assert blocks.in_order == (tokens is EVEN)
    real = (batch.segments >= 0).flatten()
    values = torch.randn(len(real), 2, 3, dtype=torch.float64, requires_grad=True)
    back = from_blocks(*to_blocks(values, blocks), blocks)
    assert torch.equal(back[real], values[real])
    pull = torch.randn(int(real.sum()), 2, 3, dtype=torch.float64)
    back[real].backward(pull)
    assert values.grad is not None
    assert torch.equal(values.grad[real], pull)
    assert not values.grad[~real].any()
