"""Drawing one token per row from logits: one uniform number each, by the inverse of the sum.

Whole vocabularies are only exponentiated: sums over blocks of it say in which block the number
falls, and only there every token is looked at. What is drawn does not depend on other rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from training.trainers.models.default_model import ModelError

BLOCK = 256
"""Tokens of the vocabulary that are first looked at together."""
CANDIDATES = 256
"""Likeliest tokens among which top_p is looked for first: sorting a whole vocabulary is slow."""


def draw_tokens(
    logits: Tensor, generators: Sequence[torch.Generator], temperature: float, top_p: float
) -> tuple[Tensor, Tensor]:
    """One token per row [R] from logits [R, V], and its log-probability at temperature 1.

    Temperature 0 takes the likeliest. Raises ModelError where the logits are no numbers.
    """
    # On CUDA, too, the draw is made on the CPU, where every row has its generator.
    logits = logits.float().cpu()
    highest = logits.max(dim=-1, keepdim=True).values
    shifted = logits - highest
    weights = shifted.exp()
    total = weights.sum(dim=-1)
    if not bool(total.isfinite().all()):
        raise ModelError(
            "The model gives no numbers any more (its logits are nan): lower learning_rate and"
            " start a new run; the last good checkpoint is kept."
        )
    if temperature == 0:
        chosen = logits.argmax(dim=-1)
    else:
        if temperature != 1:
            weights = shifted.div_(temperature).exp_()
        uniform = torch.stack([torch.rand((), generator=g, dtype=torch.double) for g in generators])
        chosen = _within_top(weights, uniform, top_p) if top_p < 1 else _by_blocks(weights, uniform)
    picked = logits.gather(1, chosen[:, None]) - highest
    return chosen, picked.squeeze(1) - total.log()


def _by_blocks(weights: Tensor, uniform: Tensor) -> Tensor:
    """The tokens [R] at which cumulated weights [R, V] pass a uniform share [R] of their sum."""
    rows, vocabulary = weights.shape
    missing = -vocabulary % BLOCK
    padded = torch.nn.functional.pad(weights, (0, missing)) if missing else weights
    blocks = padded.view(rows, -1, BLOCK)
    sums = blocks.sum(dim=-1).double()
    block = inverse(sums, uniform)
    before = (sums.cumsum(-1) - sums).gather(1, block[:, None]).squeeze(1)
    inside = blocks[torch.arange(rows), block].double()
    # What is left of the share within the block, but for a trifle that rounding adds or takes.
    left = (uniform * sums.sum(dim=-1) - before) / sums.gather(1, block[:, None]).squeeze(1)
    return block * BLOCK + inverse(inside, left.clamp(0, 1))


def _within_top(weights: Tensor, uniform: Tensor, top_p: float) -> Tensor:
    """The tokens [R] drawn from the likeliest of weights [R, V] that sum to the share ``top_p``."""
    total = weights.sum(dim=-1, keepdim=True, dtype=torch.double)
    likely, tokens = weights.topk(min(CANDIDATES, weights.shape[1]), dim=-1)
    shares = likely.double() / total
    chosen = tokens.gather(1, _within(shares, uniform, top_p)[:, None]).squeeze(1)
    for row in torch.nonzero(shares.sum(dim=-1) < top_p).flatten().tolist():
        ordered, order = weights[row].sort(descending=True)
        place = _within((ordered.double() / total[row])[None], uniform[row : row + 1], top_p)
        chosen[row] = order[place[0]]
    return chosen


def _within(ordered: Tensor, uniform: Tensor, top_p: float) -> Tensor:
    """The drawn place among shares in falling order, cut to those that sum to ``top_p``.

    A token stays while those before it do not yet sum to top_p: the first one always does.
    """
    before = ordered.cumsum(-1) - ordered
    return inverse(ordered.masked_fill(before >= top_p, 0.0), uniform)


def inverse(weights: Tensor, uniform: Tensor) -> Tensor:
    """The places [R] at which cumulated weights [R, N] pass a uniform share [R] of their sum."""
    total = weights.cumsum(-1)
    wanted = uniform[:, None] * total[:, -1:]
    places = torch.searchsorted(total, wanted, right=True).squeeze(1)
    last = weights.shape[1] - 1 - (weights.flip(-1) > 0).int().argmax(dim=-1)
    return torch.minimum(places, last)
