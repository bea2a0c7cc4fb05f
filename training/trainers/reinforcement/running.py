"""What PPO carries from step to step: the KL coefficient and the running moments of rewards.

Both are values that never change; a step that is left off has therefore changed nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

LEAST_DEVIATION = 1e-6
MOST_CHANGE = 0.2


def adapted_coefficient(
    coefficient: float, kl: float, *, target: float, horizon: float, responses: int
) -> float:
    """beta x (1 + clip(kl / target - 1, -0.2, 0.2) x n / horizon), Ziegler 2019 (1909.08593).

    ``kl`` is the mean over the step's n ``responses`` of KL(pi, ref) in nats.
    """
    error = min(max(kl / target - 1, -MOST_CHANGE), MOST_CHANGE)
    return coefficient * (1 + error * responses / horizon)


@dataclass(frozen=True)
class RunningMoments:
    """Count, mean and sum of squared distances from it, of all values so far."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def including(self, values: Tensor) -> RunningMoments:
        """The moments with these values [R] among them (Chan, Golub and LeVeque 1979)."""
        values = values.double()
        count = self.count + len(values)
        mean = float(values.mean())
        gap = mean - self.mean
        return RunningMoments(
            count=count,
            mean=self.mean + gap * len(values) / count,
            squares=self.squares
            + float((values - mean).square().sum())
            + gap * gap * self.count * len(values) / count,
        )

    @property
    def deviation(self) -> float:
        """The deviation of all values so far, as numpy's std has it."""
        return float((self.squares / max(1, self.count)) ** 0.5)


def normalised(scores: Tensor, moments: RunningMoments, *, how: str, clip: float) -> Tensor:
    """Scores [R] by running moments, clipped last to +-``clip`` (0: not at all); 2307.04964.

    ``how`` is none, scale (divided by the deviation) or moments (the mean taken off first).
    """
    if how != "none":
        centre = moments.mean if how == "moments" else 0.0
        scores = (scores - centre) / max(moments.deviation, LEAST_DEVIATION)
    return scores.clamp(-clip, clip) if clip else torch.clone(scores)
