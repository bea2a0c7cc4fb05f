"""CPO, SimPO, ORPO, RRHF and SLiC against hand-computed numbers and TRL's own code."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch

from tests.training.trainers.losses.pair_fixture import (
    OPTIONS,
    Passing,
    minus_log_sigmoid,
    one_pair,
    random_pairs,
    trl_cpo_loss,
)
from training.trainers.losses import reference_free

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


def log_odds(p: float) -> float:
    return math.log(p / (1 - p))


BY_HAND = {
    "cpo": minus_log_sigmoid(0.0) + 2 * 2,
    "simpo": minus_log_sigmoid(0.5 * 2 - 0.3),
    "orpo": 2 * 2 + 0.5 * minus_log_sigmoid(log_odds(math.exp(-2)) - log_odds(math.exp(-4))),
    "rrhf": 0.0 + 2 * 2,
    "slic": 0.3 + 2 * 2,
}


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(name: str) -> None:
    value = getattr(reference_free, name)(one_pair(), OPTIONS)
    assert value.item() == pytest.approx(BY_HAND[name], rel=1e-5)


def test_rrhf_and_slic_ask_for_more_where_the_order_is_wrong() -> None:
    wrong = one_pair(chosen=-20.0)
    assert reference_free.rrhf(wrong, OPTIONS).item() == pytest.approx(5 - 4 + 2 * 5)
    assert reference_free.slic(wrong, OPTIONS).item() == pytest.approx(0.3 + 20 - 8 + 2 * 5)


def test_cpo_is_trls_preference_with_the_likelihood_of_each_response() -> None:
    """TRL takes the mean over all chosen tokens of a batch there, so we compare without it."""
    pairs = random_pairs()
    theirs = trl_cpo_loss(pairs.chosen, pairs.rejected, loss_type="sigmoid")
    likelihood = OPTIONS.sft_weight * -pairs.chosen_mean
    torch.testing.assert_close(reference_free.cpo(pairs, OPTIONS), theirs + likelihood)


def test_simpo_is_trls() -> None:
    pairs = random_pairs()
    theirs = trl_cpo_loss(
        pairs.chosen_mean, pairs.rejected_mean, loss_type="simpo", simpo_gamma=0.3
    )
    torch.testing.assert_close(reference_free.simpo(pairs, OPTIONS), theirs)


def test_slic_is_trls_hinge_on_log_probabilities() -> None:
    """max(0, delta - x) is delta times TRL's max(0, 1 - beta x) at beta = 1 / delta."""
    pairs, delta = random_pairs(), OPTIONS.target_margin
    theirs = delta * trl_cpo_loss(pairs.chosen, pairs.rejected, loss_type="hinge", beta=1 / delta)
    likelihood = OPTIONS.sft_weight * -pairs.chosen_mean
    torch.testing.assert_close(reference_free.slic(pairs, OPTIONS), theirs + likelihood)


def test_orpo_is_trls_odds_with_the_likelihood_of_the_response_alone() -> None:
    """TRL's likelihood takes in the prompt; its losses here are beta log sigmoid, unnegated."""
    from trl.experimental.orpo import ORPOTrainer

    pairs = random_pairs()
    trainer = SimpleNamespace(beta=OPTIONS.beta, accelerator=Passing())
    ratio, *_ = ORPOTrainer.odds_ratio_loss(trainer, pairs.chosen_mean, pairs.rejected_mean)
    theirs = -OPTIONS.sft_weight * pairs.chosen_mean - ratio
    torch.testing.assert_close(reference_free.orpo(pairs, OPTIONS), theirs)
