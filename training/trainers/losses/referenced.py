"""Pairwise losses on log-ratios to a reference policy: DPO and what stays close to it.

ratio = log pi - log pi_ref of a response, w the chosen and l the rejected one, and
h = beta (ratio_w - ratio_l) - margin, where the margin is ODPO's offset (2402.10571). All take P
pairs and return [P].
"""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn.functional import logsigmoid, relu, softplus

from training.trainers.losses.pairs import LossOptions, PairLogps


def dpo(pairs: PairLogps, options: LossOptions) -> Tensor:
    """-log sigmoid(h). DPO 2305.18290 eq. 7."""
    return -logsigmoid(pairs.difference(options.beta))


def dpo_norm(pairs: PairLogps, options: LossOptions) -> Tensor:
    """-log sigmoid(h) with each ratio *per token*. Length-normalised DPO, Tulu 3 2411.15124.

    A difference per token is smaller by the length, so beta is wanted larger (Tulu 3 took 5). TRL
    calls it sigmoid_norm.
    """
    d = pairs.chosen_ratio / pairs.chosen_length - pairs.rejected_ratio / pairs.rejected_length
    return -logsigmoid(options.beta * d - pairs.margin)


def cdpo(pairs: PairLogps, options: LossOptions) -> Tensor:
    """-(1 - e) log sigmoid(h) - e log sigmoid(-h): labels flipped with probability e.

    Mitchell, "A note on DPO with noisy preferences" (2023), eq. 3.
    """
    h, flip = pairs.difference(options.beta), options.label_smoothing
    return -(1 - flip) * logsigmoid(h) - flip * logsigmoid(-h)


def robust(pairs: PairLogps, options: LossOptions) -> Tensor:
    """[-(1 - e) log sigmoid(h) + e log sigmoid(-h)] / (1 - 2e): unbiased under flips.

    rDPO, 2403.00409 eq. 12. Unlike the others it is not bounded below: a pair that is already
    right pulls on with e / (1 - 2e) of its weight.
    """
    h, flip = pairs.difference(options.beta), options.label_smoothing
    return (-(1 - flip) * logsigmoid(h) + flip * logsigmoid(-h)) / (1 - 2 * flip)


def ipo(pairs: PairLogps, options: LossOptions) -> Tensor:
    """(d - 1 / (2 beta))^2, d the difference of ratios *per token*. IPO 2310.12036 eq. 17.

    Per token is what TRL has and says the authors confirmed; `ipo_sum` is the equation as printed.
    The margin is subtracted from d.
    """
    d = pairs.chosen_ratio / pairs.chosen_length - pairs.rejected_ratio / pairs.rejected_length
    return (d - pairs.margin - 1 / (2 * options.beta)) ** 2


def ipo_sum(pairs: PairLogps, options: LossOptions) -> Tensor:
    """(d - 1 / (2 beta))^2, d the difference of summed ratios. IPO 2310.12036 eq. 17."""
    d = pairs.chosen_ratio - pairs.rejected_ratio
    return (d - pairs.margin - 1 / (2 * options.beta)) ** 2


def hinge(pairs: PairLogps, options: LossOptions) -> Tensor:
    """max(0, 1 - h). SLiC's calibration with DPO's rewards, RSO 2309.06657 eq. 11.

    `reference_free.slic` is the loss of the SLiC paper itself.
    """
    return relu(1 - pairs.difference(options.beta))


def dpop(pairs: PairLogps, options: LossOptions) -> Tensor:
    """-log sigmoid(h - beta lambda max(0, -ratio_w)). DPO-Positive, 2402.13228 eq. 3."""
    penalty = options.beta * options.dpop_lambda * relu(-pairs.chosen_ratio)
    return -logsigmoid(pairs.difference(options.beta) - penalty)


def dpo_rao_kupper(pairs: PairLogps, options: LossOptions) -> Tensor:
    """-log sigmoid(h - log nu): w wins against ties too. DPO-RK 2409.17431, Rao & Kupper 1967.

    nu = (1 + s) / (1 - s) makes s = ``tie_share`` the probability of a tie between equals.
    """
    return -logsigmoid(pairs.difference(options.beta) - _log_nu(options))


def rao_kupper_tie(pairs: PairLogps, options: LossOptions) -> Tensor:
    """-log[(nu^2 - 1) sigmoid(h - log nu) sigmoid(-h - log nu)]: a tie, without margin."""
    h, log_nu = pairs.without_margin().difference(options.beta), _log_nu(options)
    return -math.log(math.expm1(2 * log_nu)) - logsigmoid(h - log_nu) - logsigmoid(-h - log_nu)


def dpo_davidson(pairs: PairLogps, options: LossOptions) -> Tensor:
    """log(1 + exp(-h) + 2 nu exp(-h / 2)). DPO-D 2409.17431, Davidson 1970.

    nu = s / (1 - s) makes s = ``tie_share`` the probability of a tie between equals.
    """
    h = pairs.difference(options.beta)
    return _davidson_total(h, options) - h / 2


def davidson_tie(pairs: PairLogps, options: LossOptions) -> Tensor:
    """log(exp(h / 2) + exp(-h / 2) + 2 nu) - log(2 nu): a tie, without margin."""
    h = pairs.without_margin().difference(options.beta)
    return _davidson_total(h, options) - _log_two_nu(options)


def _log_nu(options: LossOptions) -> float:
    return math.log1p(options.tie_share) - math.log1p(-options.tie_share)


def _log_two_nu(options: LossOptions) -> float:
    return math.log(2 * options.tie_share / (1 - options.tie_share))


def _davidson_total(h: Tensor, options: LossOptions) -> Tensor:
    """log(exp(h / 2) + exp(-h / 2) + 2 nu), without overflow."""
    wins = h.abs() / 2 + softplus(-h.abs())
    return wins + softplus(_log_two_nu(options) - wins)
