"""Whether rows of several responses are exact for a model, judged by its configuration and a probe.

Where they are not, the caller lays every response out in a row of its own.
"""

from __future__ import annotations

from typing import Any

import torch

from training.trainers.shared_prompt.attention import use_shared_attention
from training.trainers.shared_prompt.layout import lay_out
from training.trainers.shared_prompt.reading import hidden_states, inner_model

PROBE_TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 0.15, torch.float16: 0.02}
WINDOWED = ("sliding_attention", "chunked_attention")


def why_not_shared(model: Any, longest_row: int) -> str | None:
    """Why rows of several responses would not be exact for this model, or None where they are.

    Reads the configuration for windows shorter than ``longest_row`` (tokens of a prompt with one
    response), then compares both layouts on a short probe. A model on SDPA is moved over to
    `SHARED_ATTENTION` where the probe is exact with it; any other keeps its attention.
    """
    inner = inner_model(model)
    config = inner.config.get_text_config()
    reason = _state_along_the_row(inner, config) or _distance_along_the_row(inner, config)
    reason = reason or _short_window(config, longest_row)
    if reason:
        return reason
    if use_shared_attention(inner):
        if _probe(model) is None:
            return None
        inner.set_attn_implementation("sdpa")
    return _probe(model)


def _state_along_the_row(inner: Any, config: Any) -> str | None:
    kinds = set(getattr(config, "layer_types", None) or ())
    odd = kinds - {"full_attention", *WINDOWED}
    if odd:
        return f"its layers ({', '.join(sorted(odd))}) carry a state along the row"
    if getattr(inner, "_is_stateful", False):
        return "its layers carry a state along the row"
    return None


def _distance_along_the_row(inner: Any, config: Any) -> str | None:
    """Distances that are counted in the row instead of by position ids."""
    nested = getattr(config, "attn_config", None)
    if config.model_type == "bloom" or any(getattr(c, "alibi", False) for c in (config, nested)):
        return "its attention counts distances along the row (ALiBi)"
    masks = (b for _, b in inner.named_buffers() if b.dtype == torch.bool and b.ndim == 4)
    if "local" in (getattr(config, "attention_layers", None) or ()) or any(masks):
        return "its layers bring masks of their own, by places in the row"
    return None


def _short_window(config: Any, longest_row: int) -> str | None:
    """A window that bites in some layer; where layers differ, only those with windows count."""
    kinds = getattr(config, "layer_types", None)
    names = {"sliding_attention": "sliding_window", "chunked_attention": "attention_chunk_size"}
    if not getattr(config, "use_sliding_window", True):
        names.pop("sliding_attention")
    used = names.values() if kinds is None else [names[k] for k in set(kinds) if k in names]
    windows = [w for name in used if (w := getattr(config, name, None))]
    if windows and min(windows) < longest_row:
        window = min(windows)
        return f"its attention window of {window} tokens is shorter than a row of {longest_row}"
    return None


def _probe(model: Any) -> str | None:
    try:
        gap = _probe_gap(model)
    except (TypeError, ValueError, RuntimeError, IndexError) as error:
        return f"it does not take position ids and a mask for every pair of tokens ({error})"
    if not gap <= PROBE_TOLERANCE.get(inner_model(model).dtype, 1e-4):
        return f"both layouts differ by {gap:.2g} on a probe"
    return None


@torch.no_grad()
def _probe_gap(model: Any) -> float:
    """Largest difference of hidden states at response tokens, relative to their size."""
    inner = inner_model(model)
    size = inner.get_input_embeddings().num_embeddings
    tokens = [(7 + 13 * i) % size for i in range(24)]
    prompts = [tokens[:5], tokens[3:11]]
    groups = [[tokens[5:9], tokens[9:16], tokens[16:18]], [tokens[18:23], tokens[2:4]]]
    values = []
    for shared in (True, False):
        batch = lay_out(prompts, groups, pad_id=0, shared=shared, row_tokens=64)
        batch = batch.to(inner.device)
        values.append(hidden_states(model, batch)[batch.sources].float())
    return float((values[0] - values[1]).abs().max() / values[1].abs().max().clamp(min=1e-6))
