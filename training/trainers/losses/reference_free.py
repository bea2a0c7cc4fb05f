"""Pairwise losses that need no reference policy: they hold on to the chosen response's likelihood.

w is the chosen and l the rejected response, mean log p is per token, and NLL_w = -mean log p_w is
weighed by ``sft_weight``. Where a tie or a flipped label turns a pair round, its NLL turns with it.
All take P pairs and return [P].
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, relu

from training.trainers.losses.pairs import LossOptions, PairLogps

NEAREST_TO_CERTAIN = -1e-6
"""Mean log-probabilities above this count as this: at 0 the odds are infinite."""


def cpo(pairs: PairLogps, options: LossOptions) -> Tensor:
    """-log sigmoid(beta (log p_w - log p_l) - margin) + weight x NLL_w. CPO 2401.08417 eq. 5.

    TRL's NLL is the mean over all chosen tokens of a batch, ours per response: one long response
    does not outvote the others.
    """
    h = options.beta * (pairs.chosen - pairs.rejected) - pairs.margin
    return -logsigmoid(h) - options.sft_weight * pairs.chosen_mean


def simpo(pairs: PairLogps, options: LossOptions) -> Tensor:
    """-log sigmoid(beta (mean log p_w - mean log p_l) - gamma - margin). SimPO 2405.14734 eq. 6.

    gamma is ``target_margin``; TRL's simpo_gamma is the same number.
    """
    h = options.beta * (pairs.chosen_mean - pairs.rejected_mean) - options.target_margin
    return -logsigmoid(h - pairs.margin)


def orpo(pairs: PairLogps, options: LossOptions) -> Tensor:
    """weight x NLL_w - beta log sigmoid(log odds_w - log odds_l - margin). ORPO 2403.07691 eq. 6-7.

    odds = p / (1 - p) with p the geometric mean probability per token. TRL's NLL_w takes in the
    prompt and is the mean over a batch's tokens; the paper's, and ours, is of the response.
    """
    log_odds = _log_odds(pairs.chosen_mean) - _log_odds(pairs.rejected_mean)
    preference = -logsigmoid(log_odds - pairs.margin)
    return -options.sft_weight * pairs.chosen_mean + options.beta * preference


def rrhf(pairs: PairLogps, options: LossOptions) -> Tensor:
    """max(0, mean log p_l - mean log p_w + margin) + weight x NLL_w. RRHF 2304.05302 eq. 2-4.

    The paper's NLL is a sum over the tokens of the best response; per token it keeps its share of
    the loss whatever the length.
    """
    ranking = relu(pairs.rejected_mean - pairs.chosen_mean + pairs.margin)
    return ranking - options.sft_weight * pairs.chosen_mean


def slic(pairs: PairLogps, options: LossOptions) -> Tensor:
    """max(0, delta - log p_w + log p_l + margin) + weight x NLL_w. SLiC-HF 2305.10425.

    delta is ``target_margin``; the regulariser's target is the chosen response.
    """
    calibration = relu(options.target_margin - pairs.chosen + pairs.rejected + pairs.margin)
    return calibration - options.sft_weight * pairs.chosen_mean


def _log_odds(mean_logp: Tensor) -> Tensor:
    """log(p / (1 - p)) from log p < 0, without rounding 1 - p to 0 (log1mexp)."""
    below = mean_logp.clamp(max=NEAREST_TO_CERTAIN)
    near_zero = torch.log(-torch.expm1(below))
    far = torch.log1p(-torch.exp(below))
    return below - torch.where(below > -math.log(2), near_zero, far)
