"""Attention by blocks is attention under the full mask, and stays SDPA for everything else."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from tests.training.trainers.shared_prompt.small_models import PROMPTS, RESPONSES, made
from training.trainers.shared_prompt import hidden_states, lay_out
from training.trainers.shared_prompt.attention import (
    SHARED_ATTENTION,
    additive_mask,
    attention_of,
    seen_mask,
    shared_attention,
    use_shared_attention,
)


@pytest.mark.parametrize("row_tokens", [0, 99])
@pytest.mark.parametrize("key_heads", [4, 2, 1])
def test_blocks_are_the_full_mask(key_heads: int, row_tokens: int) -> None:
    batch = lay_out(PROMPTS, RESPONSES, pad_id=3, row_tokens=row_tokens, padding_side="left")
    rows, width = batch.input_ids.shape
    torch.manual_seed(0)
    query = torch.randn(rows, 4, width, 8, dtype=torch.float64, requires_grad=True)
    key, value = (
        torch.randn(rows, key_heads, width, 8, dtype=torch.float64, requires_grad=True)
        for _ in range(2)
    )
    ours, _ = shared_attention(
        torch.nn.Module(), query, key, value, None, shared_blocks=batch.blocks, scaling=0.3
    )
    repeated = (part.repeat_interleave(4 // key_heads, dim=1) for part in (key, value))
    full = scaled_dot_product_attention(query, *repeated, seen_mask(batch), scale=0.3)
    real = batch.segments >= 0
    expected = full.transpose(1, 2)[real]
    torch.testing.assert_close(ours[real], expected)
    pull = torch.randn_like(expected)
    inputs = (query, key, value)
    for mine, theirs in zip(
        torch.autograd.grad(ours[real], inputs, pull),
        torch.autograd.grad(expected, inputs, pull),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs)


def test_the_additive_mask_hides_what_is_not_seen() -> None:
    batch = lay_out(PROMPTS, RESPONSES, pad_id=3)
    mask = additive_mask(batch, torch.bfloat16)
    assert mask.dtype == torch.bfloat16
    assert torch.equal(mask == 0, seen_mask(batch))


def test_only_models_on_sdpa_are_moved_over() -> None:
    model = made("llama")
    model.set_attn_implementation("eager")
    assert not use_shared_attention(model)
    assert attention_of(model) == "eager"


def test_without_blocks_it_is_plain_sdpa() -> None:
    model = made("qwen2")
    ids = torch.tensor([[3, 3, 10, 11, 12], [13, 14, 15, 16, 17]])
    mask = (ids != 3).long()
    expected = model(ids, attention_mask=mask).logits
    written = model.generate(ids, attention_mask=mask, max_new_tokens=6, do_sample=False)
    assert use_shared_attention(model)
    assert attention_of(model) == SHARED_ATTENTION
    assert torch.equal(model(ids, attention_mask=mask).logits, expected)
    again = model.generate(ids, attention_mask=mask, max_new_tokens=6, do_sample=False)
    assert torch.equal(again, written)


def test_a_model_that_hands_no_blocks_on_gives_no_numbers() -> None:
    batch = lay_out(PROMPTS, RESPONSES, pad_id=3)
    nothing = torch.zeros(1, 1, 1, 1, dtype=torch.bool)
    query = torch.randn(2, 4, batch.input_ids.shape[1], 8)
    with pytest.raises(TypeError, match="do not hand blocks on"):
        shared_attention(torch.nn.Module(), query, query, query, nothing)


def test_the_choice_is_not_saved_with_the_model(tmp_path) -> None:
    model = made("llama")
    use_shared_attention(model)
    model.save_pretrained(tmp_path)
    assert SHARED_ATTENTION not in (tmp_path / "config.json").read_text()
    again = type(model).from_pretrained(tmp_path)
    assert attention_of(again) == "sdpa"
    batch = lay_out(PROMPTS, RESPONSES, pad_id=3)
    real = (batch.segments >= 0).flatten()
    ours, theirs = (hidden_states(m, batch)[real] for m in (model, again))
    torch.testing.assert_close(ours, theirs, atol=2e-6, rtol=2e-6)
