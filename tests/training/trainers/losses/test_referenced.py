"""DPO and its neighbours against hand-computed numbers and TRL's own code."""

from __future__ import annotations

import math

import pytest
import torch

from tests.training.trainers.losses.pair_fixture import (
    OPTIONS,
    minus_log_sigmoid,
    one_pair,
    random_pairs,
    trl_cpo_loss,
    trl_dpo_loss,
)
from training.trainers.losses import referenced
from training.trainers.losses.pairs import LossOptions

LS1, LS_1 = minus_log_sigmoid(1.0), minus_log_sigmoid(-1.0)

BY_HAND = {
    "dpo": LS1,
    "dpo_norm": minus_log_sigmoid(0.5 * (-1 / 4 + 3 / 2)),
    "cdpo": 0.9 * LS1 + 0.1 * LS_1,
    "robust": (0.9 * LS1 - 0.1 * LS_1) / 0.8,
    "ipo": (-1 / 4 + 3 / 2 - 1) ** 2,
    "ipo_sum": (2.0 - 1.0) ** 2,
    "hinge": 0.0,
    "dpop": minus_log_sigmoid(1 - 0.5 * 5 * 1),
    "dpo_rao_kupper": -math.log(math.e / (math.e + 3)),
    "rao_kupper_tie": -math.log(8 * math.e / ((math.e + 3) * (3 * math.e + 1))),
    "dpo_davidson": -math.log(math.e / (math.e + 1 + 2 * math.exp(0.5))),
    "davidson_tie": -math.log(2 * math.exp(0.5) / (math.e + 1 + 2 * math.exp(0.5))),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(name: str) -> None:
    value = getattr(referenced, name)(one_pair(), OPTIONS)
    assert value.shape == (1,)
    assert value.item() == pytest.approx(BY_HAND[name], rel=1e-5)


@pytest.mark.parametrize(
    ("name", "loss_type"),
    [
        ("dpo", "sigmoid"),
        ("dpo_norm", "sigmoid_norm"),
        ("robust", "robust"),
        ("ipo", "ipo"),
        ("hinge", "hinge"),
    ],
)
def test_same_as_trl(name: str, loss_type: str) -> None:
    pairs = random_pairs()
    ours = getattr(referenced, name)(pairs, OPTIONS).mean().item()
    assert ours == pytest.approx(trl_dpo_loss(pairs, loss_type), rel=1e-5)


def test_ipo_of_sums_is_the_one_of_trl_where_a_response_is_one_token() -> None:
    pairs = random_pairs(length=False)
    ours = referenced.ipo_sum(pairs, OPTIONS).mean().item()
    assert ours == pytest.approx(trl_dpo_loss(pairs, "ipo"), rel=1e-5)
    both = referenced.ipo(pairs, OPTIONS)
    torch.testing.assert_close(both, referenced.ipo_sum(pairs, OPTIONS))


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_cdpo_is_the_smoothed_loss_that_trl_keeps_for_cpo() -> None:
    """TRL 1.16 has no label smoothing in DPO's own loss, but the same formula in CPO's."""
    pairs = random_pairs()
    theirs = trl_cpo_loss(
        pairs.chosen_ratio, pairs.rejected_ratio, loss_type="sigmoid", label_smoothing=0.1
    )
    torch.testing.assert_close(referenced.cdpo(pairs, OPTIONS), theirs)


def test_robust_is_right_on_average_over_flipped_labels() -> None:
    pairs = random_pairs()
    flip = OPTIONS.label_smoothing
    average = (1 - flip) * referenced.robust(pairs, OPTIONS)
    average += flip * referenced.robust(pairs.swapped(), OPTIONS)
    torch.testing.assert_close(average, referenced.dpo(pairs, OPTIONS))


@pytest.mark.parametrize("model", ["rao_kupper", "davidson"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_won_lost_and_tied_are_all_that_can_happen(model: str, share: float) -> None:
    options = LossOptions(beta=0.5, tie_share=share)
    wins = getattr(referenced, f"dpo_{model}")
    tie = getattr(referenced, f"{model}_tie")
    pairs = random_pairs()
    total = torch.exp(-wins(pairs, options)) + torch.exp(-wins(pairs.swapped(), options))
    torch.testing.assert_close(total + torch.exp(-tie(pairs, options)), torch.ones(6))
    even = one_pair(rejected=-6.0)
    assert math.exp(-tie(even, options).item()) == pytest.approx(share, rel=1e-5)
    assert tie(one_pair(margin=2.0), options) == tie(one_pair(), options)
