"""Losses on scores and log-probabilities: pure functions, natural logarithms, one value per pair.

`PREFERENCE_LOSSES` is the literal catalog of the direct losses; the reward model's losses stand
below it. What weighs the values, handles ties and averages over prompts is `combine_comparisons`.
P counts pairs (chosen, rejected), R responses, K the responses of one prompt.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, relu

MAX_EXPONENT = 80.0
"""exp(80) is the last power of e with headroom in fp32 and bf16."""


@dataclass(frozen=True, kw_only=True)
class LossOptions:
    """The numbers the losses take; see `training.trainers.configs.PreferenceConfig`."""

    beta: float = 0.1
    label_smoothing: float = 0.0
    alpha: float = 0.5
    target_margin: float = 0.5
    sft_weight: float = 1.0
    dpop_lambda: float = 50.0


@dataclass(frozen=True, kw_only=True)
class PairLogps:
    """Summed log-probabilities of P pairs, each tensor of shape [P].

    ``*_length`` counts response tokens; ``margin`` is subtracted from the scaled difference
    (0 where strength does not matter). Without a reference model ``ref_*`` are zeros.
    """

    chosen: Tensor
    rejected: Tensor
    ref_chosen: Tensor
    ref_rejected: Tensor
    chosen_length: Tensor
    rejected_length: Tensor
    margin: Tensor

    @property
    def chosen_ratio(self) -> Tensor:
        """log pi(chosen) - log pi_ref(chosen), [P]."""
        return self.chosen - self.ref_chosen

    @property
    def rejected_ratio(self) -> Tensor:
        """log pi(rejected) - log pi_ref(rejected), [P]."""
        return self.rejected - self.ref_rejected

    @property
    def chosen_mean(self) -> Tensor:
        """log pi(chosen) per token, [P]."""
        return self.chosen / self.chosen_length

    @property
    def rejected_mean(self) -> Tensor:
        """log pi(rejected) per token, [P]."""
        return self.rejected / self.rejected_length

    def swapped(self) -> PairLogps:
        """The same pairs with the labels the other way round and no margin."""
        return replace(
            self,
            chosen=self.rejected,
            rejected=self.chosen,
            ref_chosen=self.ref_rejected,
            ref_rejected=self.ref_chosen,
            chosen_length=self.rejected_length,
            rejected_length=self.chosen_length,
            margin=torch.zeros_like(self.margin),
        )


PairLoss = Callable[[PairLogps, LossOptions], Tensor]


def dpo(pairs: PairLogps, options: LossOptions) -> Tensor:
    """-log sigmoid(h), h = beta (ratio_w - ratio_l) - margin. DPO 2305.18290 eq. 7.

    The margin is ODPO's offset (2402.10571). Returns [P], as every loss here.
    """
    return -logsigmoid(_difference(pairs, options))


def cdpo(pairs: PairLogps, options: LossOptions) -> Tensor:
    """-(1 - e) log sigmoid(h) - e log sigmoid(-h): labels flipped with probability e.

    Mitchell, "A note on DPO with noisy preferences" (2023), eq. 3.
    """
    h, flip = _difference(pairs, options), options.label_smoothing
    return -(1 - flip) * logsigmoid(h) - flip * logsigmoid(-h)


def robust(pairs: PairLogps, options: LossOptions) -> Tensor:
    """[-(1 - e) log sigmoid(h) + e log sigmoid(-h)] / (1 - 2e): unbiased under flips.

    rDPO, 2403.00409 eq. 12.
    """
    h, flip = _difference(pairs, options), options.label_smoothing
    return (-(1 - flip) * logsigmoid(h) + flip * logsigmoid(-h)) / (1 - 2 * flip)


def ipo(pairs: PairLogps, options: LossOptions) -> Tensor:
    """(d - 1 / (2 beta))^2, d the difference of ratios *per token*. IPO 2310.12036 eq. 17.

    Per token is what the authors confirmed to have used; `ipo_sum` is the equation as printed.
    """
    d = pairs.chosen_ratio / pairs.chosen_length - pairs.rejected_ratio / pairs.rejected_length
    return (d - pairs.margin - 1 / (2 * options.beta)) ** 2


def ipo_sum(pairs: PairLogps, options: LossOptions) -> Tensor:
    """(d - 1 / (2 beta))^2, d the difference of summed ratios. IPO 2310.12036 eq. 17."""
    d = pairs.chosen_ratio - pairs.rejected_ratio
    return (d - pairs.margin - 1 / (2 * options.beta)) ** 2


def hinge(pairs: PairLogps, options: LossOptions) -> Tensor:
    """max(0, 1 - h). SLiC 2305.10425 with DPO's rewards, RSO 2309.06657 eq. 11."""
    return relu(1 - _difference(pairs, options))


def reverse_kl(pairs: PairLogps, options: LossOptions) -> Tensor:
    """f-DPO with f'(t) = log t + 1, which is DPO. 2309.16240 table 1."""
    return dpo(pairs, options)


def forward_kl(pairs: PairLogps, options: LossOptions) -> Tensor:
    """f-DPO with f'(t) = -1 / t, t = pi / pi_ref. 2309.16240 table 1."""
    return _f_dpo(pairs, options, lambda log_t: -_exp(-log_t))


def js(pairs: PairLogps, options: LossOptions) -> Tensor:
    """f-DPO with f'(t) = log(2 t / (1 + t)), Jensen-Shannon. 2309.16240 table 1."""
    return _f_dpo(pairs, options, lambda log_t: math.log(2) + logsigmoid(log_t))


def alpha(pairs: PairLogps, options: LossOptions) -> Tensor:
    """f-DPO with f'(t) = (1 - t^-a) / a, 0 < a < 1. 2309.16240 table 1.

    TRL's coefficient is 1 - a.
    """
    a = options.alpha
    return _f_dpo(pairs, options, lambda log_t: (1 - _exp(-a * log_t)) / a)


def dpop(pairs: PairLogps, options: LossOptions) -> Tensor:
    """-log sigmoid(h - beta lambda max(0, -ratio_w)). DPO-Positive, 2402.13228 eq. 3."""
    penalty = options.beta * options.dpop_lambda * relu(-pairs.chosen_ratio)
    return -logsigmoid(_difference(pairs, options) - penalty)


def cpo(pairs: PairLogps, options: LossOptions) -> Tensor:
    """-log sigmoid(beta (log p_w - log p_l)) + weight x NLL_w per token. CPO 2401.08417 eq. 5."""
    h = options.beta * (pairs.chosen - pairs.rejected) - pairs.margin
    return -logsigmoid(h) - options.sft_weight * pairs.chosen_mean


def simpo(pairs: PairLogps, options: LossOptions) -> Tensor:
    """-log sigmoid(beta (mean log p_w - mean log p_l) - gamma). SimPO 2405.14734 eq. 6."""
    h = options.beta * (pairs.chosen_mean - pairs.rejected_mean) - options.target_margin
    return -logsigmoid(h - pairs.margin)


def orpo(pairs: PairLogps, options: LossOptions) -> Tensor:
    """weight x NLL_w - beta log sigmoid(log odds_w - log odds_l). ORPO 2403.07691 eq. 6 and 7.

    odds = p / (1 - p) with p the geometric mean probability per token.
    """
    log_odds = _log_odds(pairs.chosen_mean) - _log_odds(pairs.rejected_mean)
    preference = -logsigmoid(log_odds - pairs.margin)
    return -options.sft_weight * pairs.chosen_mean + options.beta * preference


def rrhf(pairs: PairLogps, options: LossOptions) -> Tensor:
    """max(0, mean log p_l - mean log p_w) + weight x NLL_w per token. RRHF 2304.05302 eq. 2-4."""
    ranking = relu(pairs.rejected_mean - pairs.chosen_mean + pairs.margin)
    return ranking - options.sft_weight * pairs.chosen_mean


@dataclass(frozen=True, kw_only=True)
class PreferenceLoss:
    """One direct loss. ``reward`` says what its implicit reward is made of.

    ratio: log p - log p_ref (the loss needs a reference); sum: log p; mean: log p per token. A
    ``listwise`` loss sees a whole prompt and has no ``pairwise`` function.
    """

    pairwise: PairLoss | None
    reward: str
    listwise: bool = False

    @property
    def needs_reference(self) -> bool:
        """Whether log-probabilities under the starting policy enter."""
        return self.reward == "ratio"


PREFERENCE_LOSSES: dict[str, PreferenceLoss] = {
    "dpo": PreferenceLoss(pairwise=dpo, reward="ratio"),
    "cdpo": PreferenceLoss(pairwise=cdpo, reward="ratio"),
    "robust": PreferenceLoss(pairwise=robust, reward="ratio"),
    "ipo": PreferenceLoss(pairwise=ipo, reward="ratio"),
    "ipo_sum": PreferenceLoss(pairwise=ipo_sum, reward="ratio"),
    "hinge": PreferenceLoss(pairwise=hinge, reward="ratio"),
    "reverse_kl": PreferenceLoss(pairwise=reverse_kl, reward="ratio"),
    "forward_kl": PreferenceLoss(pairwise=forward_kl, reward="ratio"),
    "js": PreferenceLoss(pairwise=js, reward="ratio"),
    "alpha": PreferenceLoss(pairwise=alpha, reward="ratio"),
    "dpop": PreferenceLoss(pairwise=dpop, reward="ratio"),
    "cpo": PreferenceLoss(pairwise=cpo, reward="sum"),
    "simpo": PreferenceLoss(pairwise=simpo, reward="mean"),
    "orpo": PreferenceLoss(pairwise=orpo, reward="mean"),
    "rrhf": PreferenceLoss(pairwise=rrhf, reward="mean"),
    "plackett_luce": PreferenceLoss(pairwise=None, reward="ratio", listwise=True),
}


def reward_pairs(difference: Tensor, margin: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
    """-(1 - e) log sigmoid(d - m) - e log sigmoid(m - d), d = score_w - score_l. [P] to [P].

    InstructGPT 2203.02155 eq. 1, margin of Llama 2 (2307.09288 eq. 2).
    """
    h = difference - margin
    return -(1 - label_smoothing) * logsigmoid(h) - label_smoothing * logsigmoid(-h)


def centering(scores: Tensor) -> Tensor:
    """Mean squared score, a scalar: keeps scores near 0 (in the spirit of 2312.09244). [R] in."""
    return (scores**2).mean()


def plackett_luce(scores: Tensor, ranks: Tensor) -> Tensor:
    """Negative log-likelihood of one prompt's order, per choice made: scalar from [K] and [K].

    Rank 1 is best. Each response is chosen from those not ranked above it; members of a tie are
    each chosen from the tie and all below (Breslow's rule), so a lone tie pulls scores together.
    The last untied response is no choice. Luce 1959, Plackett 1975; for DPO 2305.18290 app. A.3.
    """
    below = ranks[None, :] >= ranks[:, None]
    log_total = scores[None, :].masked_fill(~below, -math.inf).logsumexp(dim=1)
    choices = (below.sum(dim=1) > 1).sum().clamp(min=1)
    return (log_total - scores).sum() / choices


@dataclass(frozen=True, kw_only=True)
class ComparisonWeights:
    """How much each of P comparisons pulls which way; all [P].

    ``forward`` pulls as labelled, ``backward`` against, ``tie`` to equality. ``prompt`` numbers the
    prompts of the batch from 0; ``prompts`` is how many there are.
    """

    forward: Tensor
    backward: Tensor
    tie: Tensor
    prompt: Tensor
    prompts: int


def combine_comparisons(
    loss: Tensor, reversed_loss: Tensor | None, weights: ComparisonWeights
) -> Tensor:
    """Sum over prompts of the mean over a prompt's comparisons: a scalar.

    Per comparison: forward x loss + backward x reversed + tie x (loss + reversed) / 2. One prompt
    is one element however many pairs it has (InstructGPT 2203.02155 section 3.5).
    ``reversed_loss`` may be None where nothing pulls backward or ties.
    """
    value = weights.forward * loss
    if reversed_loss is not None:
        value = value + weights.backward * reversed_loss
        value = value + weights.tie * (loss + reversed_loss) / 2
    counts = torch.bincount(weights.prompt, minlength=weights.prompts)
    return (value / counts[weights.prompt]).sum()


def _difference(pairs: PairLogps, options: LossOptions) -> Tensor:
    return options.beta * (pairs.chosen_ratio - pairs.rejected_ratio) - pairs.margin


def _f_dpo(pairs: PairLogps, options: LossOptions, slope: Callable[[Tensor], Tensor]) -> Tensor:
    """-log sigmoid(beta (f'(t_w) - f'(t_l)) - margin), with ``slope`` f' of log t."""
    h = options.beta * (slope(pairs.chosen_ratio) - slope(pairs.rejected_ratio))
    return -logsigmoid(h - pairs.margin)


def _exp(x: Tensor) -> Tensor:
    return torch.exp(x.clamp(max=MAX_EXPONENT))


def _log_odds(mean_logp: Tensor) -> Tensor:
    """log(p / (1 - p)) from log p < 0, without rounding 1 - p to 0 (log1mexp)."""
    below = mean_logp.clamp(max=-1e-6)
    near_zero = torch.log(-torch.expm1(below))
    far = torch.log1p(-torch.exp(below))
    return below - torch.where(below > -math.log(2), near_zero, far)
