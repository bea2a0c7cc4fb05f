"""What holds for every direct loss: margins, ties, flipped labels, extremes, a known start."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from tests.training.trainers.losses.pair_fixture import OPTIONS, one_pair, random_pairs
from training.trainers.configs.preference import PREFERENCE_LOSSES as NAMES
from training.trainers.configs.preference import REFERENCE_FREE_LOSSES
from training.trainers.losses.catalog import PREFERENCE_LOSSES, preference_loss
from training.trainers.losses.combining import ComparisonWeights
from training.trainers.losses.pairs import LossOptions, PairLogps

PAIRWISE = {name: loss.pairwise for name, loss in PREFERENCE_LOSSES.items() if loss.pairwise}
PLAIN = replace(OPTIONS, label_smoothing=0.0)


def weights(*, forward: float = 0.0, backward: float = 0.0, tie: float = 0.0) -> ComparisonWeights:
    """One comparison of one prompt."""
    return ComparisonWeights(
        forward=torch.tensor([forward]), backward=torch.tensor([backward]), tie=torch.tensor([tie]),
        prompt=torch.tensor([0]), prompts=1,
    )  # fmt: skip


def value(name: str, pair: PairLogps, options: LossOptions = PLAIN, **shares: float) -> float:
    return preference_loss(name, pair, weights(**shares), options).item()


def test_the_settings_name_the_losses_and_those_without_a_reference() -> None:
    assert set(PREFERENCE_LOSSES) == set(NAMES)
    free = {name for name, loss in PREFERENCE_LOSSES.items() if not loss.needs_reference}
    assert free == set(REFERENCE_FREE_LOSSES)


def test_a_listwise_loss_has_no_value_of_a_pair() -> None:
    with pytest.raises(ValueError, match="whole orders"):
        value("plackett_luce", one_pair(), forward=1.0)


@pytest.mark.parametrize("name", PAIRWISE)
def test_a_margin_asks_for_more_and_a_label_can_be_turned(name: str) -> None:
    pair = one_pair(rejected=-7.0)
    assert value(name, pair, backward=1.0) == value(name, pair.swapped(), forward=1.0)
    assert value(name, pair, backward=1.0) != pytest.approx(value(name, pair, forward=1.0))
    tight = one_pair(chosen=-7.0, rejected=-5.0, chosen_length=2.0)
    wider = replace(tight, margin=torch.tensor([1.5]))
    assert value(name, wider, forward=1.0) > value(name, tight, forward=1.0)
    assert value(name, wider, tie=1.0) == value(name, tight, tie=1.0)


@pytest.mark.parametrize("name", PAIRWISE)
def test_a_tie_is_least_in_the_middle_and_weights_scale(name: str) -> None:
    even = one_pair(chosen=-7.0, rejected=-7.0, ref_rejected=-7.0, rejected_length=4.0)
    uneven = replace(even, chosen=torch.tensor([-6.9]), rejected=torch.tensor([-7.1]))
    assert value(name, even, tie=1.0) <= value(name, uneven, tie=1.0) + 1e-6
    half = value(name, uneven, forward=0.5)
    assert half == pytest.approx(0.5 * value(name, uneven, forward=1.0))


@pytest.mark.parametrize("name", PAIRWISE)
def test_flipped_labels_are_taken_into_account_once(name: str) -> None:
    pairs = random_pairs(count=1)
    loss = PAIRWISE[name]
    with_flips = value(name, pairs, OPTIONS, forward=1.0)
    if PREFERENCE_LOSSES[name].smooths:
        expected = loss(pairs, OPTIONS).item()
    else:
        expected = (0.9 * loss(pairs, OPTIONS) + 0.1 * loss(pairs.swapped(), OPTIONS)).item()
    assert with_flips == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", PAIRWISE)
@pytest.mark.parametrize(
    ("chosen", "rejected"),
    [(-1e4, -1.0), (-1.0, -1e4), (-1e4, -1e4), (-1e-9, -3000.0), (0.0, 0.0), (-8.0, -8.0)],
)
def test_extremes_stay_finite_with_their_gradients(
    name: str, chosen: float, rejected: float
) -> None:
    pair = one_pair(chosen=chosen, rejected=rejected, ref_rejected=-7.0, margin=0.5)
    learned: list[Tensor] = [pair.chosen.requires_grad_(), pair.rejected.requires_grad_()]
    found = preference_loss(name, pair, weights(forward=0.6, backward=0.2, tie=0.2), OPTIONS)
    assert torch.isfinite(found)
    for gradient in torch.autograd.grad(found, learned):
        assert torch.isfinite(gradient).all()


AT_THE_START = {
    "dpo": math.log(2), "dpo_norm": math.log(2), "cdpo": math.log(2), "robust": math.log(2),
    "ipo": 1.0, "ipo_sum": 1.0, "hinge": 1.0, "reverse_kl": math.log(2),
    "forward_kl": math.log(2), "js": math.log(2), "alpha": math.log(2), "dpop": math.log(2),
    "dpo_rao_kupper": math.log(4), "dpo_davidson": math.log(4),
}  # fmt: skip
"""Where policy and reference are one: ipo's is 1 / (2 beta)^2, a win is 1 of 4 where half tie."""


@pytest.mark.parametrize("name", AT_THE_START)
def test_a_policy_that_is_its_reference_begins_at_a_known_value(name: str) -> None:
    pairs = random_pairs()
    same = replace(pairs, chosen=pairs.ref_chosen, rejected=pairs.ref_rejected)
    found = PAIRWISE[name](same, OPTIONS)
    torch.testing.assert_close(found, torch.full((6,), AT_THE_START[name]))
    if name == "dpo":
        assert (found == torch.tensor(math.log(2))).all()
