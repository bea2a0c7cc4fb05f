"""The parts of a batch of shared rows as blocks, for attention that computes only what is seen.

A prompt sees itself causally. A response sees its whole prompt and itself causally. So tokens are
put in order of blocks, P prompts and then R responses, each kind padded to its longest, and back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

Span = tuple[int, int]


@dataclass(frozen=True)
class Blocks:
    """Where the tokens of N flat places stand in P blocks of prompts and R of responses.

    ``places`` [P x L_p + R x L_r] are the flat places that fill the blocks, 0 where ``filled``
    [P x L_p + R x L_r, 1] is false; ``where`` [N] is the way back, 0 where ``real`` [N, 1] is
    false, which is padding. ``owners`` [R] are the responses' prompts. ``hidden`` [1 or R, L_r,
    L_p + L_r] marks what queries of responses do not see among the keys of prompt and response.
    """

    places: Tensor
    filled: Tensor
    where: Tensor
    real: Tensor
    owners: Tensor
    hidden: Tensor
    prompts: int
    prompt_width: int
    response_width: int
    in_order: bool
    all_filled: bool
    all_real: bool
    _biases: dict[tuple[torch.dtype, int], Tensor] = field(default_factory=dict)

    @classmethod
    def of(
        cls, prompts: Sequence[Span], responses: Sequence[Span], owners: Sequence[int], count: int
    ) -> Blocks:
        """Blocks of spans (flat place, size); ``count`` is the number of flat places."""
        wide, long = (max(size for _, size in spans) for spans in (prompts, responses))
        places, filled = zip(_filling(prompts, wide), _filling(responses, long), strict=True)
        flat_places, flat_filled = torch.cat(places), torch.cat(filled)
        where = torch.zeros(count, dtype=torch.long)
        real = torch.zeros(count, dtype=torch.bool)
        where[flat_places[flat_filled]] = torch.arange(len(flat_places))[flat_filled]
        real[flat_places[flat_filled]] = True
        owner = torch.tensor(owners)
        alike = len({size for _, size in prompts}) == 1
        sizes = torch.tensor([prompts[0][1]] if alike else [prompts[n][1] for n in owners])
        return cls(
            places=flat_places,
            filled=flat_filled[:, None],
            where=where,
            real=real[:, None],
            owners=owner,
            hidden=_hidden(sizes, wide, long),
            prompts=len(prompts),
            prompt_width=wide,
            response_width=long,
            in_order=torch.equal(flat_places, torch.arange(count)),
            all_filled=bool(flat_filled.all()),
            all_real=bool(real.all()),
        )

    def to(self, device: torch.device) -> Blocks:
        """The same blocks on a device."""
        tensors = {n: v.to(device) for n, v in vars(self).items() if isinstance(v, Tensor)}
        moved: dict[str, Any] = tensors | {"_biases": {}}
        return replace(self, **moved)

    def bias(self, dtype: torch.dtype, heads_per_key: int) -> Tensor:
        """What is added to scores of responses, [1 or R, 1, heads_per_key x L_r, L_p + L_r]."""
        key = (dtype, heads_per_key)
        if key not in self._biases:
            zeros = torch.zeros(self.hidden.shape, dtype=dtype, device=self.hidden.device)
            bias = zeros.masked_fill(self.hidden, float("-inf"))
            self._biases[key] = bias.repeat(1, heads_per_key, 1).unsqueeze(1)
        return self._biases[key]


def to_blocks(tokens: Tensor, blocks: Blocks) -> tuple[Tensor, Tensor]:
    """[N, ...] in flat order to prompts [P, L_p, ...] and responses [R, L_r, ...]."""
    if not blocks.in_order:
        tokens = _Rearranged.apply(  # type: ignore[no-untyped-call]
            tokens,
            blocks.places,
            blocks.where,
            None if blocks.all_real else blocks.real,
        )
    head = blocks.prompts * blocks.prompt_width
    prompts, responses = torch.split(tokens, [head, len(tokens) - head])
    return (
        prompts.view(blocks.prompts, blocks.prompt_width, *tokens.shape[1:]),
        responses.view(-1, blocks.response_width, *tokens.shape[1:]),
    )


def from_blocks(prompts: Tensor, responses: Tensor, blocks: Blocks) -> Tensor:
    """The way back: [P, L_p, ...] and [R, L_r, ...] to [N, ...]; padding gets what is there."""
    tokens = torch.cat([prompts.flatten(0, 1), responses.flatten(0, 1)])
    if blocks.in_order:
        return tokens
    filled = None if blocks.all_filled else blocks.filled
    back: Tensor = _Rearranged.apply(  # type: ignore[no-untyped-call]
        tokens, blocks.where, blocks.places, filled
    )
    return back


class _Rearranged(torch.autograd.Function):
    """Takes rows by ``index``. Each row that counts is taken once, so its gradient is taken too.

    The general gradient of taking rows adds them up one by one, which is slow. ``counts`` marks
    the rows of the input that were taken; the others get no gradient.
    """

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx,
        rows: Tensor,
        index: Tensor,
        back: Tensor,
        counts: Tensor | None,
    ) -> Tensor:
        ctx.save_for_backward(back, *(() if counts is None else (counts,)))
        return rows.flatten(1).index_select(0, index).view(-1, *rows.shape[1:])

    @staticmethod
    def backward(
        ctx: torch.autograd.function.FunctionCtx, *gradients: Tensor
    ) -> tuple[Tensor | None, ...]:
        back, *counts = ctx.saved_tensors  # type: ignore[attr-defined]
        (gradient,) = gradients
        taken = gradient.flatten(1).index_select(0, back)
        for kept in counts:
            taken = taken.masked_fill_(~kept, 0.0)
        return taken.view(-1, *gradient.shape[1:]), None, None, None


def _filling(spans: Sequence[Span], width: int) -> tuple[Tensor, Tensor]:
    """Flat places of spans padded to a width, and which of them are real; both [n x width]."""
    starts, sizes = torch.tensor(spans).unbind(1)
    columns = torch.arange(width)
    filled = columns < sizes[:, None]
    places = torch.where(filled, starts[:, None] + columns, 0)
    return places.flatten(), filled.flatten()


def _hidden(prompt_sizes: Tensor, wide: int, long: int) -> Tensor:
    """[n, long, wide + long]: the padding of the prompt, and what comes later in the response."""
    padding = torch.arange(wide) >= prompt_sizes[:, None]
    later = torch.ones(long, long, dtype=torch.bool).triu(1)
    shape = (len(prompt_sizes), long)
    return torch.cat([padding[:, None].expand(*shape, wide), later.expand(*shape, long)], dim=2)
