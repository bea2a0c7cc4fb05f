"""What a pairwise preference loss is given: log-probabilities of P pairs, and its numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class LossOptions:
    """The numbers the losses take; see `training.trainers.configs.PreferenceConfig`."""

    beta: float = 0.1
    label_smoothing: float = 0.0
    alpha: float = 0.5
    target_margin: float = 0.5
    sft_weight: float = 1.0
    dpop_lambda: float = 50.0
    tie_share: float = 0.5


@dataclass(frozen=True, kw_only=True)
class PairLogps:
    """Summed log-probabilities of P pairs (chosen, rejected), each tensor of shape [P].

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

    def difference(self, beta: float) -> Tensor:
        """h = beta (chosen_ratio - rejected_ratio) - margin, [P]."""
        return beta * (self.chosen_ratio - self.rejected_ratio) - self.margin

    def without_margin(self) -> PairLogps:
        """The same pairs, asked only for the right side of zero."""
        return replace(self, margin=torch.zeros_like(self.margin))

    def swapped(self) -> PairLogps:
        """The same pairs with the labels the other way round and no margin."""
        return replace(
            self.without_margin(),
            chosen=self.rejected,
            rejected=self.chosen,
            ref_chosen=self.ref_rejected,
            ref_rejected=self.ref_chosen,
            chosen_length=self.rejected_length,
            rejected_length=self.chosen_length,
        )


PairLoss = Callable[[PairLogps, LossOptions], Tensor]
"""One value per pair: [P]."""
