"""Keys and values of the tokens so far, with room for more: nothing is copied to add a token.

Prompts of like lengths are read together, so that little padding is computed. A row that leaves
gives its place to the last one; columns that are padding for all that stay are no longer read.
Models whose layers keep something else (windows, states) use the cache that transformers has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from training.trainers.shared_prompt.attention import SHARED_ATTENTION, attention_of

ROOM = 64
"""Columns that a cache has to spare when it is made or grows."""
PADDING = 0.15
"""Share of padding among prompts that are read together."""

Prompts = Sequence[Sequence[int]]
Parts = list[tuple[Tensor, Tensor]]
"""Keys and values [P, H, W, D] of groups of prompts, one group after the other."""


class TokenCache:
    """What a model remembers of R rows, n for each prompt in the prompts' order.

    ``logits`` [R, V] are those of the next tokens. Prompts come with the longest first.
    """

    def __init__(self, inner: Any, prompts: Prompts, n: int, pad_id: int) -> None:
        self.inner, self.plain = inner, _keeps_every_token(inner)
        width = len(prompts[0])
        pads = torch.tensor([width - len(prompt) for prompt in prompts], device=inner.device)
        pads = pads.repeat_interleave(n)
        self.seen = torch.arange(width, device=inner.device) >= pads[:, None]
        self.positions = width - 1 - pads
        groups = _groups(prompts) if self.plain else [prompts]
        read = [_read(inner, group, pad_id) for group in groups]
        self.logits = torch.cat([logits for _, logits in read]).repeat_interleave(n, 0)
        self.cache = read[0][0]
        if self.plain:
            caches = [cache for cache, _ in read]
            self.cache = DynamicCache(config=inner.config)
            self.cache.layers = [_roomy(caches, layer, n) for layer in range(len(caches[0].layers))]
        elif n > 1:
            self.cache.batch_repeat_interleave(n)

    def add(self, tokens: Tensor) -> None:
        """Read one more token in every row [R]; ``logits`` are of the next ones then."""
        self.positions = self.positions + 1
        self.seen = torch.cat([self.seen, self.seen.new_ones(len(self.seen), 1)], dim=1)
        self.logits = self.inner(
            input_ids=tokens[:, None].to(self.inner.device),
            attention_mask=self._mask(),
            position_ids=self.positions[:, None],
            past_key_values=self.cache,
            use_cache=True,
        ).logits[:, -1]

    def keep(self, order: list[int]) -> None:
        """Go on with these rows in this order; a row stays where it is or moves to the front."""
        chosen = torch.tensor(order, device=self.seen.device)
        self.seen, self.positions = self.seen[chosen], self.positions[chosen]
        if not self.plain:
            self.cache.batch_select_indices(chosen)
            return
        unused = int(self.seen.any(dim=0).int().argmax())
        self.seen = self.seen[:, unused:]
        for layer in self.cache.layers:
            layer.keep(order, unused)

    def _mask(self) -> Tensor:
        """Which columns are seen: as it is added to scores, the model need not work it out."""
        if not (self.plain and attention_of(self.inner) in ("sdpa", SHARED_ATTENTION)):
            return self.seen.long()
        nothing = torch.zeros(self.seen.shape, dtype=self.inner.dtype, device=self.seen.device)
        least = torch.finfo(self.inner.dtype).min
        return nothing.masked_fill_(~self.seen, least)[:, None, None]


class RoomyLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """Keys and values of one layer in larger tensors, of which those that are filled are shown."""

    def __init__(self, parts: Parts, n: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.all_keys, self.all_values = (
            _with_room([part[which] for part in parts], n) for which in (0, 1)
        )
        self.dtype, self.device = self.all_keys.dtype, self.all_keys.device
        self.rows, self.start = len(self.all_keys), 0
        self.end = max(part[0].shape[2] for part in parts)
        self.is_initialized = True
        self._show()

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Write further columns; gives all of them."""
        end = self.end + key_states.shape[2]
        if end > self.all_keys.shape[2]:
            self.all_keys, self.all_values = (_with_room([shown], 1) for shown in self._show())
            self.start, end = 0, end - self.start
            self.end = end - key_states.shape[2]
        self.all_keys[: self.rows, :, self.end : end] = key_states
        self.all_values[: self.rows, :, self.end : end] = value_states
        self.end = end
        return self._show()

    def keep(self, order: list[int], unused: int) -> None:
        """Go on with these rows, and without the first ``unused`` columns."""
        for place, row in enumerate(order):
            if place != row:
                self.all_keys[place] = self.all_keys[row]
                self.all_values[place] = self.all_values[row]
        self.rows, self.start = len(order), self.start + unused
        self._show()

    def _show(self) -> tuple[Tensor, Tensor]:
        shown = self.all_keys, self.all_values
        keys, values = (kept[: self.rows, :, self.start : self.end] for kept in shown)
        self.keys, self.values = keys, values
        return keys, values


def _keeps_every_token(inner: Any) -> bool:
    """Whether all layers remember the keys and values of all tokens, each its own."""
    shared = getattr(inner.config.get_text_config(), "num_kv_shared_layers", 0)
    layers = DynamicCache(config=inner.config).layers
    return bool(layers) and not shared and all(type(layer) is DynamicLayer for layer in layers)


def _groups(prompts: Prompts) -> Iterator[Prompts]:
    """Prompts, the longest first, cut where more than a share of a group would be padding."""
    start, tokens = 0, 0
    for place, prompt in enumerate(prompts):
        tokens += len(prompt)
        whole = len(prompts[start]) * (place + 1 - start)
        if whole - tokens > PADDING * whole:
            yield prompts[start:place]
            start, tokens = place, len(prompt)
    yield prompts[start:]


def _read(inner: Any, prompts: Prompts, pad_id: int) -> tuple[Any, Tensor]:
    """Prompts computed once, padded on the left: their cache and the next logits [P, V]."""
    width = len(prompts[0])
    ids = torch.full((len(prompts), width), pad_id)
    mask = torch.zeros((len(prompts), width), dtype=torch.long)
    for row, prompt in enumerate(prompts):
        ids[row, width - len(prompt) :] = torch.tensor(list(prompt))
        mask[row, width - len(prompt) :] = 1
    mask = mask.to(inner.device)
    output = inner(
        input_ids=ids.to(inner.device),
        attention_mask=mask,
        position_ids=(mask.cumsum(1) - 1).clamp(min=0),
        use_cache=True,
        logits_to_keep=1,
    )
    return output.past_key_values, output.logits[:, -1]


def _roomy(caches: Sequence[Any], layer: int, n: int) -> RoomyLayer:
    """One layer of several groups of prompts as one; what it was made of is let go."""
    parts = [(cache.layers[layer].keys, cache.layers[layer].values) for cache in caches]
    for cache in caches:
        cache.layers[layer].reset()
    return RoomyLayer(parts, n)


def _with_room(parts: Sequence[Tensor], n: int) -> Tensor:
    """Tensors [P, H, W, D] under one another, each row n times, their ends level, room behind."""
    first, width = parts[0], max(part.shape[2] for part in parts)
    rows = n * sum(map(len, parts))
    made = first.new_zeros(rows, first.shape[1], width + ROOM + width // 4, first.shape[3])
    start = 0
    for part in parts:
        end = start + n * len(part)
        made[start:end, :, width - part.shape[2] : width] = part.repeat_interleave(n, 0)
        start = end
    return made
