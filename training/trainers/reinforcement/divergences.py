"""Divergences of a policy from its reference, token by token: of what was drawn, or of everything.

With log-ratios t = pi / ref, D_f = sum_v ref_v f(t_v); f is that of `losses.divergences`, whose
slopes the losses of the DPO family have (f-DPO, 2309.16240).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def k1(logps: Tensor, reference: Tensor) -> Tensor:
    """log pi(y) - log ref(y) of the tokens drawn, unclamped: unbiased for KL(pi, ref). Any shape.

    Schulman, "Approximating KL Divergence", 2020.
    """
    return logps - reference


def full_divergence(kind: str, logps: Tensor, reference: Tensor, *, alpha: float = 0.5) -> Tensor:
    """D(pi, ref) by token, from log-probabilities [N, V] of the whole vocabulary: [N], >= 0.

    - reverse_kl: sum pi (log pi - log ref), f(t) = t log t
    - forward_kl: sum ref (log ref - log pi), f(t) = -log t
    - js: KL(pi, m) + KL(ref, m), m = (pi + ref) / 2, f(t) = t log t - (1 + t) log((1 + t) / 2)
    - alpha: (1 - sum pi^(1 - a) ref^a) / (a (1 - a)), near reverse KL for a near 0
    """
    if kind == "reverse_kl":
        return _kl(logps, reference)
    if kind == "forward_kl":
        return _kl(reference, logps)
    if kind == "js":
        middle = torch.logaddexp(logps, reference) - math.log(2)
        return _kl(logps, middle) + _kl(reference, middle)
    if kind == "alpha":
        overlap = torch.exp((1 - alpha) * logps + alpha * reference).sum(dim=-1)
        return (1 - overlap) / (alpha * (1 - alpha))
    raise ValueError(f"no divergence is called {kind}")


def entropy(logps: Tensor) -> Tensor:
    """-sum pi log pi by token, from log-probabilities [N, V]: [N], in nats."""
    return -(logps.exp() * logps).sum(dim=-1)


def _kl(p: Tensor, q: Tensor) -> Tensor:
    """KL(p, q) from log-probabilities, over the last dimension."""
    return (p.exp() * (p - q)).sum(dim=-1)
