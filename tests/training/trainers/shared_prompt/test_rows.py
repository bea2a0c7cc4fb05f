"""Rows of examples as suits the model's attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tests.training.trainers.shared_prompt.small_models import PROMPTS, RESPONSES, made
from training.trainers.shared_prompt import Rows, response_logps, why_not_shared


@dataclass
class Item:
    prompt: list[int]
    responses: list[list[int]]


ITEMS = [Item(p, r) for p, r in zip(PROMPTS, RESPONSES, strict=True)]


def test_one_row_without_padding_where_masked_parts_are_skipped() -> None:
    model = made("llama")
    padded = Rows(model, pad_id=3, shared=True)(ITEMS)
    assert padded.input_ids.shape == (2, 21)
    why_not_shared(model, 20)
    packed = Rows(model, pad_id=3, shared=True)(ITEMS)
    assert packed.input_ids.shape == (1, 31)
    alone = Rows(model, pad_id=3, shared=False)(ITEMS)
    assert alone.input_ids.shape == (5, 15)
    values = [response_logps(model, batch) for batch in (padded, packed, alone)]
    for value in values[1:]:
        torch.testing.assert_close(value, values[0], atol=5e-6, rtol=5e-6)


def test_known_states_stand_where_their_tokens_do() -> None:
    class Known:
        layers = 2

        def of(self, examples: Sequence[object]) -> Tensor | None:
            return torch.arange(31.0)[:, None].expand(31, 32) if len(examples) == 2 else None

    model = made("llama")
    rows = Rows(model, pad_id=3, shared=False)
    rows.lower = Known()
    batch = rows(ITEMS)
    assert batch.lower is not None
    assert batch.lower_layers == 2
    assert batch.lower[:, :, 0].tolist()[1][:11] == [*range(9), 13, 14]
    assert batch.lower[:, :, 0].tolist()[4][:8] == [*range(21, 25), 27, 28, 29, 30]
    assert rows(ITEMS[:1]).lower is None
