"""f-DPO: DPO under divergences other than the reverse KL. 2309.16240, table 1.

-log sigmoid(beta (f'(t_w) - f'(t_l)) - margin) with t = pi / pi_ref. All take P pairs and return
[P]. Constants of f' cancel in the difference, so TRL's f' may differ from ours by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from training.trainers.losses.pairs import LossOptions, PairLogps
from training.trainers.losses.referenced import dpo

MAX_EXPONENT = 80.0
"""exp(80) is the last power of e with headroom in fp32 and bf16; beyond it f' is held constant, so
a response that the policy has given up by e^-80 no longer pulls."""


def reverse_kl(pairs: PairLogps, options: LossOptions) -> Tensor:
    """f'(t) = log t + 1, which is DPO."""
    return dpo(pairs, options)


def forward_kl(pairs: PairLogps, options: LossOptions) -> Tensor:
    """f'(t) = -1 / t."""
    return _f_dpo(pairs, options, lambda log_t: -_exp(-log_t))


def js(pairs: PairLogps, options: LossOptions) -> Tensor:
    """f'(t) = log(2 t / (1 + t)), Jensen-Shannon."""
    return _f_dpo(pairs, options, lambda log_t: math.log(2) + logsigmoid(log_t))


def alpha(pairs: PairLogps, options: LossOptions) -> Tensor:
    """f'(t) = (1 - t^-a) / a, 0 < a < 1: near reverse KL for a near 0, forward KL for a near 1.

    TRL's f_alpha_divergence_coef is 1 - a.
    """
    a = options.alpha
    return _f_dpo(pairs, options, lambda log_t: (1 - _exp(-a * log_t)) / a)


def _f_dpo(pairs: PairLogps, options: LossOptions, slope: Callable[[Tensor], Tensor]) -> Tensor:
    """The loss with ``slope`` f' of log t."""
    h = options.beta * (slope(pairs.chosen_ratio) - slope(pairs.rejected_ratio))
    return -logsigmoid(h - pairs.margin)


def _exp(x: Tensor) -> Tensor:
    return torch.exp(x.clamp(max=MAX_EXPONENT))
