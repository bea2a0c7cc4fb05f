"""The memory of tokens: the same logits as without one, while rows leave and columns grow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, MistralConfig, MistralForCausalLM

from training.trainers.policies import token_cache
from training.trainers.policies.token_cache import TokenCache
from training.trainers.shared_prompt import why_not_shared

PROMPTS = [[20 + n for n in range(count)] for count in (9, 8, 3, 1)]


@pytest.fixture(scope="module")
def model(tiny: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(tiny).eval()


@pytest.fixture(scope="module")
def windowed() -> Any:
    """A model whose layers see six tokens."""
    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=300, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, sliding_window=6,
    )  # fmt: skip
    return MistralForCausalLM(config).eval()


@torch.no_grad()
def next_logits(model: Any, tokens: list[int]) -> Tensor:
    logits: Tensor = model(torch.tensor([tokens])).logits[0, -1]
    return logits


@torch.no_grad()
def follow(model: Any, n: int, orders: dict[int, list[int]], steps: int = 8) -> None:
    """Add tokens to all rows, let some leave, and compare with reading each row anew."""
    cache = TokenCache(model, PROMPTS, n, pad_id=0)
    rows = [list(prompt) for prompt in PROMPTS for _ in range(n)]
    for step in range(steps):
        expected = torch.stack([next_logits(model, row) for row in rows])
        assert torch.allclose(cache.logits, expected, atol=1e-4), step
        if step in orders:
            rows = [rows[number] for number in orders[step]]
            cache.keep(orders[step])
        tokens = torch.tensor([30 + step + 3 * number for number in range(len(rows))])
        rows = [[*row, token] for row, token in zip(rows, tokens.tolist(), strict=True)]
        cache.add(tokens)


@pytest.mark.parametrize("n", [1, 2])
def test_logits_are_those_of_reading_everything_anew(
    model: Any, windowed: Any, n: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_cache, "ROOM", 2)  # grows again and again
    orders = {1: [0, 3, 2], 4: [2, 1]}
    follow(model, n, orders if n == 1 else {0: [0, 7, 2, 3, 4, 6], 3: [5, 1], 5: [1]})
    follow(windowed, n, orders)


def test_it_goes_with_the_attention_of_training(tiny: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny).eval()
    assert why_not_shared(model, 20) is None
    follow(model, 1, {2: [0, 2]})


def test_padding_that_nobody_needs_is_no_longer_read(model: Any) -> None:
    cache = TokenCache(model, PROMPTS, 1, pad_id=0)
    cache.add(torch.tensor([1, 2, 3, 4]))
    cache.keep([3, 2])
    assert cache.seen.tolist() == [[False, False, True, True], [True, True, True, True]]
    assert [layer.keys.shape[2] for layer in cache.cache.layers] == [4, 4]


def test_prompts_of_like_lengths_are_read_together(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    forward = model.forward

    def counting(*args: Any, **kwargs: Any) -> Any:
        sizes.append(tuple(kwargs["input_ids"].shape))
        return forward(*args, **kwargs)

    monkeypatch.setattr(model, "forward", counting)
    TokenCache(model, PROMPTS, 3, pad_id=0)
    assert sizes == [(2, 9), (1, 3), (1, 1)]
