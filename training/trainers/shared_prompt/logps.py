"""Log-probabilities of given tokens from hidden states, without logits of everything at once.

For the plain linear head that nearly all models have there is a gradient of our own: what of it is
known in the forward pass is computed there, while the logits of some tokens are at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

TILE_LOGITS = 2**24
"""Logits that are held at a time: 64 MB in fp32."""
KEPT_LOGITS = 2**26
"""Up to so many probabilities are kept for the gradient of a head that learns; more are computed
again."""


def token_logps_of(inner: Any, hidden: Tensor, targets: Tensor, temperature: float = 1.0) -> Tensor:
    """Log-probability of each of N targets under hidden states [N, H]: fp32 [N].

    ``temperature`` divides the logits.
    """
    head = inner.get_output_embeddings()
    if _is_plain(inner, head):
        hidden = hidden if temperature == 1 else hidden / temperature
        logps: Tensor = _TokenLogps.apply(  # type: ignore[no-untyped-call]
            hidden, head.weight, targets, torch.is_grad_enabled()
        )
        return logps
    parts = zip(_tiles(hidden, head.weight), _tiles(targets, head.weight), strict=True)
    return torch.cat(
        [checkpoint(_from_logits, inner, h, t, temperature, use_reentrant=False) for h, t in parts]
    )


def of_distributions(
    models: Sequence[Any],
    hidden: Sequence[Tensor],
    read: Callable[..., Tensor],
    temperature: float = 1.0,
) -> Tensor:
    """What ``read`` makes of log-probabilities [n, V] over whole vocabularies, for N tokens.

    There are states [N, H] of each model, and ``read`` gets a tensor for each, on the first one's
    device. Logits are held in tiles, and computed again for the gradient.
    """
    size = max(1, TILE_LOGITS // models[0].get_output_embeddings().weight.shape[0])
    device = hidden[0].device

    def tile(*states: Tensor) -> Tensor:
        parts = zip(models, states, strict=True)
        logits = (logits_of(model, state).to(device) / temperature for model, state in parts)
        return read(*(part.log_softmax(dim=-1) for part in logits))

    pieces = zip(*(torch.split(part, size) for part in hidden), strict=True)
    return torch.cat([checkpoint(tile, *part, use_reentrant=False) for part in pieces])


def _tiles(values: Tensor, weight: Tensor) -> tuple[Tensor, ...]:
    return torch.split(values, max(1, TILE_LOGITS // weight.shape[0]))


def _is_plain(inner: Any, head: Any) -> bool:
    """Whether logits are hidden states times the head's weights and nothing else."""
    config = inner.config.get_text_config()
    extras = ("logits_scaling", "logit_scale", "lm_head_multiplier", "final_logit_softcapping")
    changed = any(getattr(config, name, None) not in (None, 1, 1.0) for name in extras)
    return type(head) is torch.nn.Linear and head.bias is None and not changed


def logits_of(inner: Any, hidden: Tensor) -> Tensor:
    """Logits [N, V] in fp32 as the model's own forward makes them, scale and cap included."""
    config = inner.config.get_text_config()
    logits: Tensor = inner.get_output_embeddings()(hidden)
    if getattr(config, "logits_scaling", None):
        logits = logits / config.logits_scaling
    for name in ("logit_scale", "lm_head_multiplier"):
        if getattr(config, name, None):
            logits = logits * getattr(config, name)
    cap = getattr(config, "final_logit_softcapping", None)
    return (cap * torch.tanh(logits / cap) if cap else logits).float()


def _from_logits(inner: Any, hidden: Tensor, targets: Tensor, temperature: float) -> Tensor:
    """The log-probabilities of targets [N] through whole logits."""
    logits = logits_of(inner, hidden) / temperature
    return logits.gather(1, targets[:, None]).squeeze(1) - logits.logsumexp(dim=1)


class _TokenLogps(torch.autograd.Function):
    """log p(y | h) = w_y h - log sum_v exp(w_v h), for tokens y [N], h [N, H] and w [V, H].

    With p_v = exp(w_v h) / sum: d log p / d h = w_y - sum_v p_v w_v, which needs no incoming
    gradient and is kept as [N, H]; d log p / d w_v = ([v = y] - p_v) h, which needs p.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, targets: Tensor, grad: bool) -> Tensor:
        ctx.learns = grad and ctx.needs_input_grad[1]
        wants_slopes = grad and ctx.needs_input_grad[0] and not ctx.learns
        keeps = ctx.learns and hidden.shape[0] * weight.shape[0] <= KEPT_LOGITS
        logps, slopes, kept = [], [], []
        for part, wanted in zip(_tiles(hidden, weight), _tiles(targets, weight), strict=True):
            raised, total, logp = _raised(part, weight, wanted)
            logps.append(logp)
            if wants_slopes:
                mean = (raised.to(weight.dtype) @ weight) / total
                slopes.append((weight[wanted] - mean).to(weight.dtype))
            elif keeps:
                kept.append(raised.div_(total))
        if ctx.learns:
            ctx.save_for_backward(hidden, weight, targets, *kept)
        elif wants_slopes:
            ctx.save_for_backward(torch.cat(slopes))
        return torch.cat(logps)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        if not ctx.learns:
            (slopes,) = ctx.saved_tensors
            return (gradient[:, None] * slopes).to(slopes.dtype), None, None, None
        hidden, weight, targets, *kept = ctx.saved_tensors
        pulls, for_weight = [], torch.zeros_like(weight)
        pieces = (_tiles(values, weight) for values in (hidden, targets, gradient))
        for number, (part, wanted, pull) in enumerate(zip(*pieces, strict=True)):
            slope = kept[number] * -pull[:, None] if kept else _slope(part, weight, wanted, pull)
            slope[torch.arange(len(wanted), device=wanted.device), wanted] += pull
            slope = slope.to(weight.dtype)
            pulls.append(slope @ weight)
            for_weight.addmm_(slope.t(), part)
        return torch.cat(pulls), for_weight, None, None


def _slope(hidden: Tensor, weight: Tensor, targets: Tensor, pull: Tensor) -> Tensor:
    """-pull x p, with p computed again: fp32 [n, V]."""
    raised, total, _ = _raised(hidden, weight, targets)
    return raised.mul_(-pull[:, None] / total)


def _raised(hidden: Tensor, weight: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """exp(logit - highest) fp32 [n, V], its sum [n, 1], and log p of the targets [n]."""
    logits = (hidden @ weight.t()).float()
    chosen = logits.gather(1, targets[:, None])
    highest = logits.amax(dim=1, keepdim=True)
    raised = logits.sub_(highest).exp_()
    total = raised.sum(dim=1, keepdim=True)
    return raised, total, (chosen - highest - total.log()).squeeze(1)
