"""Sampling responses token by token: left padding, a key-value cache, one seed per response.

Every response has its own random generator, so that it does not depend on what else is in the
batch. Prompts are computed once and their cache repeated for the n responses of each; rows that
have ended leave the batch. A response ends unfinished where the model has no further position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from training.trainers.models.positions import within_positions
from training.trainers.shared_prompt import inner_model

CANDIDATES = 256
"""Likeliest tokens among which top_p is looked for first: sorting a whole vocabulary is slow."""


@dataclass(frozen=True)
class Sampling:
    """How to draw: temperature 0 takes the likeliest token; ``n`` responses per prompt."""

    temperature: float
    top_p: float
    max_new_tokens: int
    n: int


@dataclass(frozen=True)
class Sampled:
    """One response: text, tokens (the end token included), and whether it ended by itself.

    ``logp`` is its log-probability under the model itself (temperature 1, no top_p), in nats.
    """

    text: str
    tokens: list[int]
    finished: bool
    logp: float = field(compare=False)


@torch.no_grad()
def sample_responses(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    seeds: Sequence[int],
    sampling: Sampling,
) -> list[list[Sampled]]:
    """``n`` responses for each of B prompts; ``seeds`` has one number per prompt.

    Every prompt must be shorter than the model has positions.
    """
    inner = inner_model(model)
    ends = _end_tokens(inner, tokenizer)
    rows = [
        _Row(
            torch.Generator().manual_seed((seed * 1_000_003 + i) % 2**63),
            within_positions(model, len(prompt) + sampling.max_new_tokens) - len(prompt),
        )
        for prompt, seed in zip(prompts, seeds, strict=True)
        for i in range(sampling.n)
    ]
    ids, mask = _left_padded(prompts, tokenizer.pad_token_id)
    _draw(inner, ids.to(inner.device), mask.to(inner.device), rows, ends, sampling)
    sampled = [_finish(row, ends, tokenizer) for row in rows]
    return [sampled[i : i + sampling.n] for i in range(0, len(sampled), sampling.n)]


class _Row:
    """One response in the making, of at most ``longest`` tokens."""

    def __init__(self, generator: torch.Generator, longest: int) -> None:
        self.generator, self.longest = generator, longest
        self.tokens: list[int] = []
        self.logp = 0.0


def _draw(
    inner: Any, ids: Tensor, mask: Tensor, rows: list[_Row], ends: set[int], sampling: Sampling
) -> None:
    """Fill the rows until each has ended or is as long as it may be."""
    cache, logits, place = _prompts_read(inner, ids, mask, sampling.n)
    mask = mask.repeat_interleave(sampling.n, 0)
    while True:
        chosen = _choose(logits, [row.generator for row in rows], sampling)
        gained = logits.gather(1, chosen[:, None]).squeeze(1) - logits.logsumexp(dim=1)
        for row, token, logp in zip(rows, chosen.tolist(), gained.tolist(), strict=True):
            row.tokens.append(token)
            row.logp += logp
        going = [
            number
            for number, row in enumerate(rows)
            if row.tokens[-1] not in ends and len(row.tokens) < row.longest
        ]
        if not going:
            return
        if len(going) < len(rows):
            kept = torch.tensor(going, device=ids.device)
            cache.batch_select_indices(kept)
            mask, place, chosen = mask[kept], place[kept], chosen[kept]
            rows = [rows[number] for number in going]
        place = place + 1
        mask = torch.cat([mask, mask.new_ones(len(mask), 1)], dim=1)
        output = inner(
            input_ids=chosen[:, None],
            attention_mask=mask,
            position_ids=place,
            past_key_values=cache,
            use_cache=True,
        )
        logits = output.logits[:, -1].float()


def _prompts_read(inner: Any, ids: Tensor, mask: Tensor, n: int) -> tuple[Any, Tensor, Tensor]:
    """Prompts [B, T] computed once: cache, next logits and last positions of n rows for each."""
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    output = inner(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        use_cache=True,
        logits_to_keep=1,
    )
    cache, logits = output.past_key_values, output.logits[:, -1].float()
    if n > 1:
        cache.batch_repeat_interleave(n)
    return cache, logits.repeat_interleave(n, 0), positions[:, -1:].repeat_interleave(n, 0)


def _choose(logits: Tensor, generators: Sequence[torch.Generator], sampling: Sampling) -> Tensor:
    """One token per row [R] from logits [R, V]: one uniform number of each row's generator."""
    if sampling.temperature == 0:
        return logits.argmax(dim=-1)
    # On CUDA, too, the draw is made on the CPU: in double precision the same on every machine.
    probabilities = torch.softmax(logits.cpu().double() / sampling.temperature, dim=-1)
    uniform = torch.stack([torch.rand((), generator=g, dtype=torch.double) for g in generators])
    if sampling.top_p >= 1:
        return _inverse(probabilities, uniform).to(logits.device)
    width = min(CANDIDATES, probabilities.shape[1])
    likely, tokens = probabilities.topk(width, dim=-1)
    chosen = tokens.gather(1, _within(likely, uniform, sampling.top_p)[:, None]).squeeze(1)
    for row in torch.nonzero(likely.sum(dim=-1) < sampling.top_p).flatten().tolist():
        ordered, order = probabilities[row].sort(descending=True)
        chosen[row] = order[_within(ordered[None], uniform[row : row + 1], sampling.top_p)[0]]
    return chosen.to(logits.device)


def _within(ordered: Tensor, uniform: Tensor, top_p: float) -> Tensor:
    """The drawn place among probabilities in falling order, cut to those that sum to ``top_p``.

    A token stays while those before it do not yet sum to top_p: the first one always does.
    """
    before = ordered.cumsum(-1) - ordered
    return _inverse(ordered.masked_fill(before >= top_p, 0.0), uniform)


def _inverse(weights: Tensor, uniform: Tensor) -> Tensor:
    """The places [R] at which cumulated weights [R, V] pass a uniform share [R] of their sum."""
    total = weights.cumsum(-1)
    wanted = uniform[:, None] * total[:, -1:]
    places = torch.searchsorted(total, wanted, right=True).squeeze(1)
    last = weights.shape[1] - 1 - (weights.flip(-1) > 0).int().argmax(dim=-1)
    return torch.minimum(places, last)


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


def _finish(row: _Row, ends: set[int], tokenizer: Any) -> Sampled:
    finished = row.tokens[-1] in ends
    kept = row.tokens[:-1] if finished else row.tokens
    text = tokenizer.decode(kept, skip_special_tokens=True).strip()
    return Sampled(text=text, tokens=row.tokens, finished=finished, logp=row.logp)
