"""The reward model's losses on scores: pure functions, natural logarithms, one value per pair.

What weighs them, handles ties and averages over a prompt is `combine_comparisons`, as for the
direct losses; the listwise loss is the same Plackett-Luce. P counts comparisons.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import logsigmoid


def reward_pairs(difference: Tensor, margin: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
    """-(1 - e) log sigmoid(d - m) - e log sigmoid(m - d), d = score_w - score_l. [P] to [P].

    InstructGPT 2203.02155 eq. 1, margin of Llama 2 (2307.09288 eq. 2). With e it is the
    cross-entropy of a label that is right with probability 1 - e, least at m + log((1 - e) / e).
    """
    h = difference - margin
    return -(1 - label_smoothing) * logsigmoid(h) - label_smoothing * logsigmoid(-h)


def centering(better: Tensor, worse: Tensor) -> Tensor:
    """(score_w + score_l)^2 of each comparison: [P] and [P] to [P]. Keeps scores near 0.

    Only differences of scores are learned; this decides where their middle lies. 2312.09244 eq. 2,
    where 0.01 is its weight.
    """
    return (better + worse) ** 2
