"""The direct losses by name, one literal dict, with what each of them needs.

Weights, margins, ties and flipped labels have a meaning in every pairwise loss, and
`preference_loss` brings them in. The listwise loss takes weights and ties, but neither margins nor
flips: a choice among several has no single other way round.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from training.trainers.losses.combining import ComparisonWeights, combine_comparisons
from training.trainers.losses.divergences import alpha, forward_kl, js, reverse_kl
from training.trainers.losses.pairs import LossOptions, PairLogps, PairLoss
from training.trainers.losses.reference_free import cpo, orpo, rrhf, simpo, slic
from training.trainers.losses.referenced import (
    cdpo,
    davidson_tie,
    dpo,
    dpo_davidson,
    dpo_norm,
    dpo_rao_kupper,
    dpop,
    hinge,
    ipo,
    ipo_sum,
    rao_kupper_tie,
    robust,
)


@dataclass(frozen=True, kw_only=True)
class PreferenceLoss:
    """One direct loss. ``reward`` says what its implicit reward is made of.

    ratio: log p - log p_ref (the loss needs a reference); ratio_mean: the same per token; sum:
    log p; mean: log p per token. ``tie`` is what a tied pair costs where the loss has a model of
    ties; elsewhere it is the mean of both directions. ``smooths`` losses take flipped labels into
    account themselves. ``log_odds`` says whether the sigmoid of a difference of rewards is the
    probability that the loss gives a label. A ``listwise`` loss sees a whole prompt and has no
    ``pairwise`` function.
    """

    pairwise: PairLoss | None
    reward: str
    tie: PairLoss | None = None
    smooths: bool = False
    log_odds: bool = True
    listwise: bool = False

    @property
    def needs_reference(self) -> bool:
        """Whether log-probabilities under a reference policy enter."""
        return self.reward in ("ratio", "ratio_mean")


PREFERENCE_LOSSES: dict[str, PreferenceLoss] = {
    "dpo": PreferenceLoss(pairwise=dpo, reward="ratio"),
    "dpo_norm": PreferenceLoss(pairwise=dpo_norm, reward="ratio_mean"),
    "cdpo": PreferenceLoss(pairwise=cdpo, reward="ratio", smooths=True),
    "robust": PreferenceLoss(pairwise=robust, reward="ratio", smooths=True),
    "ipo": PreferenceLoss(pairwise=ipo, reward="ratio_mean", log_odds=False),
    "ipo_sum": PreferenceLoss(pairwise=ipo_sum, reward="ratio", log_odds=False),
    "hinge": PreferenceLoss(pairwise=hinge, reward="ratio", log_odds=False),
    "reverse_kl": PreferenceLoss(pairwise=reverse_kl, reward="ratio"),
    "forward_kl": PreferenceLoss(pairwise=forward_kl, reward="ratio", log_odds=False),
    "js": PreferenceLoss(pairwise=js, reward="ratio", log_odds=False),
    "alpha": PreferenceLoss(pairwise=alpha, reward="ratio", log_odds=False),
    "dpop": PreferenceLoss(pairwise=dpop, reward="ratio"),
    "dpo_rao_kupper": PreferenceLoss(pairwise=dpo_rao_kupper, reward="ratio", tie=rao_kupper_tie),
    "dpo_davidson": PreferenceLoss(pairwise=dpo_davidson, reward="ratio", tie=davidson_tie),
    "cpo": PreferenceLoss(pairwise=cpo, reward="sum"),
    "simpo": PreferenceLoss(pairwise=simpo, reward="mean"),
    "orpo": PreferenceLoss(pairwise=orpo, reward="mean", log_odds=False),
    "rrhf": PreferenceLoss(pairwise=rrhf, reward="mean", log_odds=False),
    "slic": PreferenceLoss(pairwise=slic, reward="sum", log_odds=False),
    "plackett_luce": PreferenceLoss(pairwise=None, reward="ratio", listwise=True),
}


def preference_loss(
    name: str, pairs: PairLogps, weights: ComparisonWeights, options: LossOptions
) -> Tensor:
    """The pairwise loss of that name over a batch's comparisons, summed over prompts: a scalar.

    Where the loss does not take flipped labels into account itself, ``label_smoothing`` moves that
    share of every label to the other side.
    """
    entry = PREFERENCE_LOSSES[name]
    if entry.pairwise is None:
        raise ValueError(f"{name} sees whole orders: there is no value of one pair.")
    backward = entry.pairwise(pairs.swapped(), options)
    if entry.tie is not None:
        tie = entry.tie(pairs, options)
    else:
        tie = (entry.pairwise(pairs.without_margin(), options) + backward) / 2
    if not entry.smooths:
        weights = weights.smoothed(options.label_smoothing)
    return combine_comparisons(entry.pairwise(pairs, options), backward, weights, tie_loss=tie)
