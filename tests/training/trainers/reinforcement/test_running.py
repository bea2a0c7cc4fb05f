"""The adaptive KL coefficient (line 16) and running moments of rewards (line 17)."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
import torch

from training.trainers.reinforcement.running import (
    RunningMoments,
    adapted_coefficient,
    normalised,
)


@pytest.mark.parametrize(
    ("kl", "expected"),
    [(6.0, 0.1), (6.6, 0.1 * (1 + 0.1 * 64 / 1000)), (60.0, 0.1 * (1 + 0.2 * 64 / 1000)),
     (0.0, 0.1 * (1 - 0.2 * 64 / 1000))],
)  # fmt: skip
def test_line_16_the_coefficient_follows_the_closed_form(kl: float, expected: float) -> None:
    found = adapted_coefficient(0.1, kl, target=6.0, horizon=1000, responses=64)
    assert found == pytest.approx(expected, rel=1e-12)


def test_line_17_running_moments_are_those_of_everything_together() -> None:
    drawn = np.random.default_rng(0)
    parts = [drawn.normal(3, 5, size) for size in (7, 1, 64, 2)]
    moments = RunningMoments()
    for number, part in enumerate(parts, start=1):
        moments = moments.including(torch.tensor(part))
        every = np.concatenate(parts[:number])
        assert moments.count == len(every)
        assert moments.mean == pytest.approx(every.mean(), rel=1e-12)
        assert moments.deviation == pytest.approx(every.std(), rel=1e-9)
    assert RunningMoments(**asdict(moments)) == moments


def test_line_17_scores_are_normalised_first_and_clipped_last() -> None:
    moments = RunningMoments().including(torch.tensor([1.0, 3.0, 5.0, 7.0]))
    scores = torch.tensor([4.0, 40.0])
    plain = normalised(scores, moments, how="none", clip=0)
    assert plain.tolist() == [4.0, 40.0]
    deviation = float(np.std([1, 3, 5, 7]))
    scaled = normalised(scores, moments, how="scale", clip=0)
    assert scaled.tolist() == pytest.approx([4 / deviation, 40 / deviation])
    whole = normalised(scores, moments, how="moments", clip=2.0)
    assert whole.tolist() == pytest.approx([0.0, 2.0])


def test_equal_rewards_are_normalised_to_nothing() -> None:
    moments = RunningMoments().including(torch.full((8,), 2.0))
    assert normalised(torch.full((2,), 2.0), moments, how="moments", clip=5).tolist() == [0, 0]
