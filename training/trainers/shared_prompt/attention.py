"""Attention over shared rows: only the blocks that are seen, or any attention under a full mask.

The first is registered with transformers under `SHARED_ATTENTION`, the interface it has for that:
prompts attend causally, responses to their prompt and themselves, each by torch's SDPA, so nothing
that is masked is computed, on a CPU and on a GPU alike. Without blocks it is plain SDPA.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from training.trainers.shared_prompt.blocks import Blocks, from_blocks, to_blocks
from training.trainers.shared_prompt.layout import SharedBatch

SHARED_ATTENTION = "accord_shared_prompt"


def use_shared_attention(inner: Any) -> bool:
    """Move a model that runs on SDPA over to `SHARED_ATTENTION`; whether it now runs on it."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    if attention_of(inner) == "sdpa" and inner._can_set_attn_implementation():
        AttentionInterface.register(SHARED_ATTENTION, shared_attention)
        AttentionMaskInterface.register(SHARED_ATTENTION, sdpa_mask)
        inner.set_attn_implementation(SHARED_ATTENTION)
    return attention_of(inner) == SHARED_ATTENTION


def attention_of(inner: Any) -> str:
    """The name of the attention that a transformers model runs on."""
    return str(inner.config.get_text_config()._attn_implementation)


def attention_inputs(inner: Any, batch: SharedBatch) -> dict[str, Any]:
    """What the model's forward must be told so that tokens see what they should."""
    if batch.blocks is None:
        return {"attention_mask": batch.segments >= 0}
    if attention_of(inner) == SHARED_ATTENTION:
        # A mask of one element is passed through to the attention, which takes the blocks instead;
        # any other attention that it reached would give no numbers at all.
        nothing = torch.zeros(1, 1, 1, 1, dtype=torch.bool, device=batch.input_ids.device)
        return {"attention_mask": nothing, "shared_blocks": batch.blocks}
    return {"attention_mask": additive_mask(batch, inner.dtype)}


def seen_mask(batch: SharedBatch) -> Tensor:
    """Which tokens see which, boolean [B, 1, T, T]. Padding sees itself, so no row is empty."""
    prompts, segments = batch.prompts, batch.segments
    queries, keys = segments[:, :, None], segments[:, None, :]
    width = segments.shape[1]
    causal = torch.ones(width, width, dtype=torch.bool, device=segments.device).tril()
    same = prompts[:, :, None] == prompts[:, None, :]
    return (same & ((keys == 0) | (keys == queries)) & causal).unsqueeze(1)


def additive_mask(batch: SharedBatch, dtype: torch.dtype) -> Tensor:
    """`seen_mask` as what is added to scores; every attention takes it, once for all layers."""
    seen = seen_mask(batch)
    nothing = torch.zeros(seen.shape, dtype=dtype, device=seen.device)
    return nothing.masked_fill_(~seen, torch.finfo(dtype).min)


def shared_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    shared_blocks: Blocks | None = None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Attention as transformers calls it: heads first [B, H, T, D] in, [B, T, H, D] out."""
    if shared_blocks is None:
        return _plain(module, query, key, value, attention_mask, scaling, dropout, **kwargs)
    additions = ("softcap", "position_bias", "s_aux")
    refused = [name for name in additions if kwargs.get(name) is not None]
    if refused:
        raise TypeError(f"its attention adds {', '.join(refused)}")
    rows, heads, width, _ = query.shape
    flat = [part.transpose(1, 2).flatten(0, 1) for part in (query, key, value)]
    parts = [to_blocks(part, shared_blocks) for part in flat]
    (asked, asks), (prompt_keys, keys), (prompt_values, values) = parts
    prompts = scaled_dot_product_attention(
        asked.transpose(1, 2),
        prompt_keys.transpose(1, 2),
        prompt_values.transpose(1, 2),
        is_causal=True,
        scale=scaling,
        dropout_p=dropout,
        enable_gqa=prompt_keys.shape[2] != heads,
    ).transpose(1, 2)
    own = shared_blocks.owners
    responses = _of_responses(
        asks,
        torch.cat([prompt_keys.index_select(0, own), keys], dim=1),
        torch.cat([prompt_values.index_select(0, own), values], dim=1),
        shared_blocks,
        scaling,
        dropout,
    )
    out = from_blocks(prompts, responses, shared_blocks)
    return out.view(rows, width, heads, out.shape[-1]), None


def _of_responses(
    asks: Tensor,
    keys: Tensor,
    values: Tensor,
    blocks: Blocks,
    scaling: float | None,
    dropout: float,
) -> Tensor:
    """Queries [R, L_r, H, D] over keys and values [R, L_p + L_r, H_k, D] of prompt and response.

    Heads that share a key stand one below the other, so that no key is repeated for them.
    """
    count, width, heads, size = asks.shape
    key_heads = keys.shape[2]
    each = heads // key_heads
    grouped = asks.view(count, width, key_heads, each, size).permute(0, 2, 3, 1, 4)
    out = scaled_dot_product_attention(
        grouped.reshape(count, key_heads, each * width, size),
        keys.transpose(1, 2),
        values.transpose(1, 2),
        attn_mask=blocks.bias(asks.dtype, each),
        scale=scaling,
        dropout_p=dropout,
    )
    apart = out.view(count, key_heads, each, width, out.shape[-1]).permute(0, 3, 1, 2, 4)
    return apart.reshape(count, width, heads, out.shape[-1])


def _plain(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None,
    dropout: float,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    if attention_mask is not None and attention_mask.numel() == 1 < query.shape[2]:
        raise TypeError("its layers do not hand blocks on to their attention")
    out: tuple[Tensor, None] = sdpa_attention_forward(
        module, query, key, value, attention_mask, scaling=scaling, dropout=dropout, **kwargs
    )
    return out
