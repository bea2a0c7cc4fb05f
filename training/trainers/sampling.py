"""Sampling responses token by token: left padding, a key-value cache, one seed per response.

Every response has its own random generator, so that it does not depend on what else is in the
batch. Prompts are computed once and their cache repeated for the n responses of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from training.trainers.shared_prompt import inner_model


@dataclass(frozen=True)
class Sampling:
    """How to draw: temperature 0 takes the likeliest token; ``n`` responses per prompt."""

    temperature: float
    top_p: float
    max_new_tokens: int
    n: int


@dataclass(frozen=True)
class Sampled:
    """One response: text, tokens (the end token included), and whether it ended by itself."""

    text: str
    tokens: list[int]
    finished: bool


@torch.no_grad()
def sample_responses(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    seeds: Sequence[int],
    sampling: Sampling,
) -> list[list[Sampled]]:
    """``n`` responses for each of B prompts; ``seeds`` has one number per prompt."""
    inner = inner_model(model)
    ends = _end_tokens(inner, tokenizer)
    generators = [
        torch.Generator().manual_seed((seed * 1_000_003 + i) % 2**63)
        for seed in seeds
        for i in range(sampling.n)
    ]
    ids, mask = _left_padded(prompts, tokenizer.pad_token_id)
    tokens = _draw(inner, ids.to(inner.device), mask.to(inner.device), generators, ends, sampling)
    sampled = [_finish(row, ends, tokenizer) for row in tokens]
    return [sampled[i : i + sampling.n] for i in range(0, len(sampled), sampling.n)]


def _draw(
    inner: Any,
    ids: Tensor,
    mask: Tensor,
    generators: list[torch.Generator],
    ends: set[int],
    sampling: Sampling,
) -> list[list[int]]:
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    output = inner(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        use_cache=True,
        logits_to_keep=1,
    )
    cache, logits = output.past_key_values, output.logits[:, -1].float()
    place = positions[:, -1:]
    if sampling.n > 1:
        cache.batch_repeat_interleave(sampling.n)
        logits = logits.repeat_interleave(sampling.n, 0)
        mask = mask.repeat_interleave(sampling.n, 0)
        place = place.repeat_interleave(sampling.n, 0)
    drawn: list[list[int]] = [[] for _ in generators]
    open_rows = set(range(len(generators)))
    while True:
        chosen = _choose(logits, generators, open_rows, sampling)
        for row in sorted(open_rows):
            drawn[row].append(chosen[row])
            if chosen[row] in ends or len(drawn[row]) == sampling.max_new_tokens:
                open_rows.discard(row)
        if not open_rows:
            return drawn
        place = place + 1
        mask = torch.cat([mask, mask.new_ones(len(mask), 1)], dim=1)
        output = inner(
            input_ids=torch.tensor(chosen, device=ids.device)[:, None],
            attention_mask=mask,
            position_ids=place,
            past_key_values=cache,
            use_cache=True,
        )
        logits = output.logits[:, -1].float()


def _choose(
    logits: Tensor, generators: list[torch.Generator], open_rows: set[int], sampling: Sampling
) -> list[int]:
    """One token per row; rows that have ended get the token 0, which nobody reads."""
    if sampling.temperature == 0:
        return [int(token) for token in logits.argmax(dim=-1).tolist()]
    probabilities = torch.softmax(logits.cpu() / sampling.temperature, dim=-1)
    ordered, order = probabilities.sort(dim=-1, descending=True)
    # A token stays while those before it do not yet sum to top_p: the first one always does.
    ordered[ordered.cumsum(-1) - ordered >= sampling.top_p] = 0.0
    chosen = [0] * len(generators)
    for row in open_rows:
        drawn = torch.multinomial(ordered[row], 1, generator=generators[row])
        chosen[row] = int(order[row, drawn])
    return chosen


def _left_padded(prompts: Sequence[Sequence[int]], pad_id: int) -> tuple[Tensor, Tensor]:
    width = max(map(len, prompts))
    ids = torch.full((len(prompts), width), pad_id)
    mask = torch.zeros((len(prompts), width), dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(list(prompt))
        mask[row, width - len(prompt) :] = 1
    return ids, mask


def _end_tokens(inner: Any, tokenizer: Any) -> set[int]:
    """The tokenizer's end token and every one that the model's generation settings name."""
    named = getattr(inner.generation_config, "eos_token_id", None)
    others = named if isinstance(named, list) else [] if named is None else [named]
    return {tokenizer.eos_token_id, *others}


def _finish(tokens: list[int], ends: set[int], tokenizer: Any) -> Sampled:
    finished = tokens[-1] in ends
    kept = tokens[:-1] if finished else tokens
    text = tokenizer.decode(kept, skip_special_tokens=True).strip()
    return Sampled(text=text, tokens=tokens, finished=finished)
