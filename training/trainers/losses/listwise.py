"""The Plackett-Luce loss: a whole order of responses at once, for rewards and implicit rewards."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def plackett_luce(
    scores: Tensor, ranks: Tensor, *, weights: Tensor | None = None, prompt: Tensor | None = None
) -> Tensor:
    """Negative log-likelihood per choice made, summed over prompts: a scalar from [R] and [R].

    Rank 1 is best. Each response is chosen from those of its prompt not ranked above it; members of
    a tie are each chosen from the tie and all below (Breslow 1974), so a lone tie pulls scores
    together. The last untied response is no choice. ``weights`` [R] says how much each response's
    choice counts; ``prompt`` [R] numbers the prompts from 0, without it all are of one. A choice
    has no margin: it is among several. Luce 1959, Plackett 1975; for DPO 2305.18290 app. A.3.
    """
    if prompt is None:
        prompt = torch.zeros_like(ranks)
    same = prompt[None, :] == prompt[:, None]
    below = same & (ranks[None, :] >= ranks[:, None])
    log_total = scores[None, :].masked_fill(~below, -math.inf).logsumexp(dim=1)
    surprise = log_total - scores
    if weights is not None:
        surprise = weights * surprise
    choices = (same & (below.sum(dim=1) > 1)[None, :]).sum(dim=1).clamp(min=1)
    return (surprise / choices).sum()
