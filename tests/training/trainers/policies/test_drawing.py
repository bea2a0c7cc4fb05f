"""One token per row: by the model's probabilities, whatever the vocabulary, and never from nan."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import Tensor

from training.trainers.models.default_model import ModelError
from training.trainers.policies.drawing import BLOCK, draw_tokens, inverse


def generators(count: int, seed: int = 0) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed + number) for number in range(count)]


def plainly_drawn(logits: Tensor, temperature: float) -> list[int]:
    """The same by sums over the whole vocabulary in double precision."""
    probabilities = torch.softmax(logits.double() / temperature, dim=-1)
    uniform = [torch.rand((), generator=g, dtype=torch.double) for g in generators(len(logits))]
    return inverse(probabilities, torch.stack(uniform)).tolist()


@pytest.mark.parametrize("vocabulary", [5, BLOCK, BLOCK + 1, 3 * BLOCK + 17])
@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.0])
def test_by_blocks_the_same_tokens_are_drawn(vocabulary: int, temperature: float) -> None:
    logits = 4 * torch.randn(200, vocabulary, generator=torch.Generator().manual_seed(1))
    chosen, logps = draw_tokens(logits, generators(200), temperature, 1.0)
    assert chosen.tolist() == plainly_drawn(logits, temperature)
    expected = torch.log_softmax(logits, dim=-1).gather(1, chosen[:, None]).squeeze(1)
    assert torch.allclose(logps, expected, atol=1e-5)


def test_what_cannot_be_is_never_drawn() -> None:
    logits = torch.full((500, 2 * BLOCK), -torch.inf)
    logits[:, BLOCK + 3], logits[:, 7] = 1.0, 0.0
    chosen, _ = draw_tokens(logits, generators(500), 1.0, 1.0)
    counts = Counter(chosen.tolist())
    assert set(counts) == {7, BLOCK + 3}
    assert counts[7] / 500 == pytest.approx(1 / (1 + torch.e), abs=0.06)


def test_at_temperature_0_the_likeliest_is_taken() -> None:
    logits = torch.tensor([[0.0, 2.0, 1.0], [3.0, 2.0, 1.0]])
    chosen, logps = draw_tokens(logits, generators(2), 0.0, 1.0)
    assert chosen.tolist() == [1, 0]
    assert torch.allclose(logps, torch.log_softmax(logits, dim=-1).max(dim=-1).values)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_model_that_gives_no_numbers_is_refused(temperature: float) -> None:
    logits = torch.zeros(2, 9)
    logits[1, 4] = torch.nan
    with pytest.raises(ModelError, match="gives no numbers any more"):
        draw_tokens(logits, generators(2), temperature, 1.0)
