"""Pairs of log-probabilities: ratios, means, and the same pair the other way round."""

from __future__ import annotations

from tests.training.trainers.losses.pair_fixture import one_pair


def test_ratios_and_means() -> None:
    pair = one_pair(margin=0.25)
    assert (pair.chosen_ratio.item(), pair.rejected_ratio.item()) == (-1.0, -3.0)
    assert (pair.chosen_mean.item(), pair.rejected_mean.item()) == (-2.0, -4.0)
    assert pair.difference(0.5).item() == 0.5 * 2 - 0.25


def test_the_other_way_round_there_is_no_margin() -> None:
    pair = one_pair(chosen=-9.0, margin=0.25)
    swapped = pair.swapped()
    assert (swapped.chosen.item(), swapped.rejected.item()) == (-8.0, -9.0)
    assert (swapped.ref_chosen.item(), swapped.chosen_length.item()) == (-5.0, 2.0)
    assert swapped.margin.item() == pair.without_margin().margin.item() == 0.0
    assert pair.without_margin().chosen.item() == -9.0
