"""K responses over one prompt as one row: the prompt is computed once, and the result is exact.

A row is prompt, response 1, ..., response K. Position ids restart after the prompt for every
response, and the attention mask lets a response see the prompt and itself. Hidden states, gradients
and so log-probabilities and scores are those of K separate rows. For models where that would not
hold (`why_not_shared`), the same batch is laid out with one response per row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Tokens = Sequence[int]

PROBE_TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 0.15, torch.float16: 0.02}
LOGIT_TOKENS = 2048
"""Response tokens whose logits are held at a time: 2048 x 50k x 4 bytes is 400 MB."""


@dataclass(frozen=True)
class SharedBatch:
    """R responses in B rows of T tokens.

    ``attention_mask`` is boolean [B, 1, T, T] when a row holds several responses, else [B, T].
    The N response tokens are listed in order of responses: ``targets`` [N] are their ids,
    ``sources`` [N] the flat (row x T + column) places whose hidden state predicts them, ``owners``
    [N] their response, and ``ends`` [R] the flat place of each response's last token.
    """

    input_ids: Tensor
    position_ids: Tensor
    attention_mask: Tensor
    targets: Tensor
    sources: Tensor
    owners: Tensor
    ends: Tensor
    lengths: Tensor

    def to(self, device: torch.device) -> SharedBatch:
        """The same batch on a device."""
        return SharedBatch(**{name: value.to(device) for name, value in vars(self).items()})


def lay_out(
    prompts: Sequence[Tokens],
    responses: Sequence[Sequence[Tokens]],
    *,
    pad_id: int,
    shared: bool = True,
    padding_side: str = "right",
) -> SharedBatch:
    """Rows of one prompt and its responses, or with ``shared=False`` one row per response.

    ``prompts`` has B token lists, none empty; ``responses[b]`` the non-empty responses of prompt b.
    Responses keep their order: all of prompt 0, then of prompt 1, and so on.
    """
    if not shared:
        prompts = [p for p, group in zip(prompts, responses, strict=True) for _ in group]
        responses = [[response] for group in responses for response in group]
    rows = [_Row(p, group) for p, group in zip(prompts, responses, strict=True)]
    width = max(len(row.tokens) for row in rows)
    input_ids = torch.full((len(rows), width), pad_id)
    position_ids = torch.zeros((len(rows), width), dtype=torch.long)
    segments = torch.full((len(rows), width), -1)
    sources: list[Tensor] = []
    ends: list[int] = []
    for number, row in enumerate(rows):
        start = width - len(row.tokens) if padding_side == "left" else 0
        here = slice(start, start + len(row.tokens))
        input_ids[number, here] = torch.tensor(row.tokens)
        position_ids[number, here] = torch.tensor(row.positions)
        segments[number, here] = torch.tensor(row.segments)
        offset = number * width + start
        sources.extend(torch.tensor(places) + offset for places in row.sources)
        ends.extend(offset + end for end in row.ends)
    flat = [torch.tensor(response) for group in responses for response in group]
    lengths = torch.tensor([len(response) for response in flat])
    return SharedBatch(
        input_ids=input_ids,
        position_ids=position_ids,
        attention_mask=_block_mask(segments) if shared else segments >= 0,
        targets=torch.cat(flat),
        sources=torch.cat(sources),
        owners=torch.repeat_interleave(torch.arange(len(flat)), lengths),
        ends=torch.tensor(ends),
        lengths=lengths,
    )


class _Row:
    """One prompt with its responses as tokens, positions and segments (0 is the prompt)."""

    def __init__(self, prompt: Tokens, responses: Sequence[Tokens]) -> None:
        self.tokens = list(prompt)
        self.positions = list(range(len(prompt)))
        self.segments = [0] * len(prompt)
        self.sources: list[list[int]] = []
        self.ends: list[int] = []
        for number, response in enumerate(responses, start=1):
            start = len(self.tokens)
            self.tokens += response
            self.positions += range(len(prompt), len(prompt) + len(response))
            self.segments += [number] * len(response)
            self.sources.append([len(prompt) - 1, *range(start, start + len(response) - 1)])
            self.ends.append(start + len(response) - 1)


def _block_mask(segments: Tensor) -> Tensor:
    """[B, T] segments (0 prompt, 1.. responses, -1 padding) to a boolean mask [B, 1, T, T]."""
    queries, keys = segments[:, :, None], segments[:, None, :]
    width = segments.shape[1]
    causal = torch.ones(width, width, dtype=torch.bool).tril()
    seen = ((keys == 0) | (keys == queries)) & (queries >= 0) & causal
    # A padding token sees itself: a row of the mask without any key would be a softmax of nothing.
    return (seen | torch.eye(width, dtype=torch.bool)).unsqueeze(1)


def inner_model(model: Any) -> Any:
    """The transformers model inside a PEFT wrapper, with its adapters in place."""
    return model.get_base_model() if hasattr(model, "peft_config") else model


def hidden_states(model: Any, batch: SharedBatch) -> Tensor:
    """Last hidden states [B x T, H] of the backbone, without a head."""
    inner = inner_model(model)
    mask = batch.attention_mask
    if mask.ndim == 4 and inner.config._attn_implementation == "eager":
        smallest = torch.finfo(inner.dtype).min
        mask = torch.zeros(mask.shape, dtype=inner.dtype, device=mask.device).masked_fill(
            ~mask, smallest
        )
    backbone = getattr(inner, inner.base_model_prefix)
    hidden: Tensor = backbone(
        input_ids=batch.input_ids,
        attention_mask=mask,
        position_ids=batch.position_ids,
        use_cache=False,
    ).last_hidden_state
    return hidden.flatten(0, 1)


def response_logps(model: Any, batch: SharedBatch) -> Tensor:
    """Summed log-probability of each response given its prompt, fp32 [R], temperature 1.

    Logits exist at response tokens only, `LOGIT_TOKENS` at a time.
    """
    hidden = hidden_states(model, batch)[batch.sources]
    inner = inner_model(model)
    parts = [
        _token_logps(inner, part, targets)
        for part, targets in zip(
            torch.split(hidden, LOGIT_TOKENS), torch.split(batch.targets, LOGIT_TOKENS), strict=True
        )
    ]
    total = torch.zeros(len(batch.ends), device=hidden.device)
    return total.index_add(0, batch.owners, torch.cat(parts))


def response_scores(model: Any, batch: SharedBatch) -> Tensor:
    """Score of each response, read at its last token: fp32 [R]."""
    ends = hidden_states(model, batch)[batch.ends]
    scores: Tensor = inner_model(model).score(ends)
    return scores.squeeze(-1).float()


def _token_logps(inner: Any, hidden: Tensor, targets: Tensor) -> Tensor:
    logits = _logits(inner, hidden).float()
    chosen = logits.gather(1, targets[:, None]).squeeze(1)
    return chosen - logits.logsumexp(dim=1)


def _logits(inner: Any, hidden: Tensor) -> Tensor:
    """Logits as the model's own forward makes them, its scaling and soft cap included."""
    config = inner.config.get_text_config()
    logits: Tensor = inner.get_output_embeddings()(hidden)
    if getattr(config, "logits_scaling", None):
        logits = logits / config.logits_scaling
    if getattr(config, "logit_scale", None):
        logits = logits * config.logit_scale
    cap = getattr(config, "final_logit_softcapping", None)
    return cap * torch.tanh(logits / cap) if cap else logits


def why_not_shared(model: Any, longest_row: int) -> str | None:
    """Why rows of several responses would not be exact for this model, or None where they are.

    Reads the configuration for windows shorter than ``longest_row`` (tokens of a prompt with one
    response), then compares both layouts on a short probe.
    """
    inner = inner_model(model)
    config = inner.config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or ())
    odd = {kind for kind in kinds if "attention" not in kind or "linear" in kind}
    if odd:
        return f"its layers ({', '.join(sorted(odd))}) carry a state along the row"
    window = getattr(config, "sliding_window", None) or getattr(
        config, "attention_chunk_size", None
    )
    windowed = getattr(config, "use_sliding_window", True) and kinds != {"full_attention"}
    if window and windowed and window < longest_row:
        return f"its attention window of {window} tokens is shorter than a row of {longest_row}"
    try:
        gap = _probe_gap(model)
    except (TypeError, ValueError, RuntimeError, IndexError) as error:
        return f"it does not take position ids and a mask for every pair of tokens ({error})"
    if not gap <= PROBE_TOLERANCE.get(inner.dtype, 1e-4):
        return f"both layouts differ by {gap:.2g} on a probe"
    return None


@torch.no_grad()
def _probe_gap(model: Any) -> float:
    """Largest difference of hidden states at response tokens, relative to their size."""
    inner = inner_model(model)
    size = inner.get_input_embeddings().num_embeddings
    tokens = [(7 + 13 * i) % size for i in range(24)]
    groups = [[tokens[5:9], tokens[9:16], tokens[16:18]], [tokens[18:23], tokens[2:4]]]
    values = []
    for shared in (True, False):
        batch = lay_out([tokens[:5], tokens[3:11]], groups, pad_id=0, shared=shared)
        batch = batch.to(inner.device)
        values.append(hidden_states(model, batch)[batch.sources].float())
    return float((values[0] - values[1]).abs().max() / values[1].abs().max().clamp(min=1e-6))
