"""From one value per comparison to one number per batch: label quality and ties enter here."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


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

    def smoothed(self, flip: float) -> ComparisonWeights:
        """The same comparisons with each label taken to be flipped with probability ``flip``."""
        return ComparisonWeights(
            forward=(1 - flip) * self.forward + flip * self.backward,
            backward=(1 - flip) * self.backward + flip * self.forward,
            tie=self.tie,
            prompt=self.prompt,
            prompts=self.prompts,
        )


def combine_comparisons(
    loss: Tensor,
    reversed_loss: Tensor | None,
    weights: ComparisonWeights,
    *,
    tie_loss: Tensor | None = None,
) -> Tensor:
    """Sum over prompts of the mean over a prompt's comparisons: a scalar.

    Per comparison: forward x loss + backward x reversed + tie x tie_loss, all [P]; without a
    ``tie_loss`` a tie is half of either, (loss + reversed) / 2. One prompt is one element however
    many pairs it has (InstructGPT 2203.02155 section 3.5). ``reversed_loss`` may be None where
    nothing pulls backward or ties.
    """
    value = weights.forward * loss
    if reversed_loss is not None:
        value = value + weights.backward * reversed_loss
        tie = (loss + reversed_loss) / 2 if tie_loss is None else tie_loss
        value = value + weights.tie * tie
    counts = torch.bincount(weights.prompt, minlength=weights.prompts)
    return (value / counts[weights.prompt]).sum()
