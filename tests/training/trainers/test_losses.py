"""The losses against hand-computed numbers and against TRL's own code."""

from __future__ import annotations

import contextlib
import math
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from training.trainers.configs import PREFERENCE_LOSSES as NAMES
from training.trainers.losses import (
    PREFERENCE_LOSSES,
    ComparisonWeights,
    LossOptions,
    PairLogps,
    centering,
    combine_comparisons,
    plackett_luce,
    reward_pairs,
)

OPTIONS = LossOptions(
    beta=0.5, label_smoothing=0.1, alpha=0.5, target_margin=0.3, sft_weight=2.0, dpop_lambda=5.0
)
PAIRWISE = {name: loss.pairwise for name, loss in PREFERENCE_LOSSES.items() if loss.pairwise}


def one_pair(**changes: float) -> PairLogps:
    """ratio_w = -1, ratio_l = -3, mean log p_w = -2, mean log p_l = -4."""
    values = {
        "chosen": -8.0, "rejected": -8.0, "ref_chosen": -7.0, "ref_rejected": -5.0,
        "chosen_length": 4.0, "rejected_length": 2.0, "margin": 0.0,
    } | changes  # fmt: skip
    return PairLogps(**{name: torch.tensor([value]) for name, value in values.items()})


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


LS1 = -math.log(sigmoid(1.0))
LS_1 = -math.log(sigmoid(-1.0))


def odds(p: float) -> float:
    return math.log(p / (1 - p))


BY_HAND = {
    "dpo": LS1,
    "reverse_kl": LS1,
    "cdpo": 0.9 * LS1 + 0.1 * LS_1,
    "robust": (0.9 * LS1 - 0.1 * LS_1) / 0.8,
    "ipo": (-1 / 4 + 3 / 2 - 1) ** 2,
    "ipo_sum": (2.0 - 1.0) ** 2,
    "hinge": 0.0,
    "forward_kl": -math.log(sigmoid(0.5 * (-math.e + math.exp(3)))),
    "js": -math.log(sigmoid(0.5 * (math.log(sigmoid(-1)) - math.log(sigmoid(-3))))),
    "alpha": -math.log(
        sigmoid(0.5 * ((1 - math.exp(0.5)) / 0.5 - (1 - math.exp(1.5)) / 0.5))
    ),
    "dpop": -math.log(sigmoid(1 - 0.5 * 5 * 1)),
    "cpo": -math.log(sigmoid(0.0)) + 2 * 2,
    "simpo": -math.log(sigmoid(0.5 * 2 - 0.3)),
    "orpo": 2 * 2 - 0.5 * math.log(sigmoid(odds(math.exp(-2)) - odds(math.exp(-4)))),
    "rrhf": 0.0 + 2 * 2,
}  # fmt: skip


def test_the_catalog_names_are_those_of_the_settings() -> None:
    assert tuple(PREFERENCE_LOSSES) == NAMES


@pytest.mark.parametrize("name", PAIRWISE)
def test_by_hand(name: str) -> None:
    assert PAIRWISE[name](one_pair(), OPTIONS).item() == pytest.approx(BY_HAND[name], rel=1e-5)


@pytest.mark.parametrize("name", PAIRWISE)
def test_a_margin_asks_for_more_and_swapping_turns_the_label(name: str) -> None:
    torch.manual_seed(0)
    loss = PAIRWISE[name]
    pair = one_pair(rejected=-7.0, rejected_length=2.0)
    swapped = pair.swapped()
    assert swapped.chosen.item() == -7.0
    assert loss(swapped, OPTIONS).item() != pytest.approx(loss(pair, OPTIONS).item())
    tight = one_pair(chosen=-7.0, rejected=-5.0, chosen_length=2.0)
    wider = one_pair(chosen=-7.0, rejected=-5.0, chosen_length=2.0, margin=1.5)
    if name not in ("orpo", "rrhf"):
        assert loss(wider, OPTIONS).item() > loss(tight, OPTIONS).item()
    assert loss(wider, OPTIONS).item() >= loss(tight, OPTIONS).item()


@pytest.mark.parametrize("name", PAIRWISE)
def test_extreme_log_probabilities_stay_finite_with_their_gradients(name: str) -> None:
    for chosen, rejected in [(-2000.0, -1.0), (-1e-9, -3000.0)]:
        pair = one_pair(chosen=chosen, rejected=rejected)
        pair.chosen.requires_grad_()
        value = PAIRWISE[name](pair, OPTIONS)
        value.backward()
        assert torch.isfinite(value).all()
        assert pair.chosen.grad is not None
        assert torch.isfinite(pair.chosen.grad).all()


def random_pairs(length: bool = True) -> PairLogps:
    generator = torch.Generator().manual_seed(3)

    def draw() -> Tensor:
        return -torch.rand(6, generator=generator) * 20 - 0.5

    lengths = [torch.randint(3, 9, (6,), generator=generator).float() for _ in range(2)]
    if not length:
        lengths = [torch.ones(6), torch.ones(6)]
    return PairLogps(
        chosen=draw(), rejected=draw(), ref_chosen=draw(), ref_rejected=draw(),
        chosen_length=lengths[0], rejected_length=lengths[1], margin=torch.zeros(6),
    )  # fmt: skip


class Passing:
    """Stands in for a model, a trainer's accelerator: hands back what it was given."""

    device = torch.device("cpu")

    def gather(self, x: Tensor) -> Tensor:
        return x

    gather_for_metrics = gather

    def autocast(self) -> Any:
        return contextlib.nullcontext()


def trl_dpo_loss(pairs: PairLogps, loss_type: str, divergence: str = "reverse_kl") -> float:
    """TRL's own DPO loss on given log-probabilities, spread evenly over the tokens."""
    from trl import DPOTrainer

    lengths = torch.cat([pairs.chosen_length, pairs.rejected_length]).long()
    width = int(lengths.max())
    mask = (torch.arange(width)[None] < lengths[:, None]).long()
    completion_mask = torch.cat([torch.zeros(len(lengths), 1, dtype=torch.long), mask], dim=1)
    per_token = mask * (torch.cat([pairs.chosen, pairs.rejected]) / lengths)[:, None]
    filler = torch.zeros_like(per_token)
    outputs = SimpleNamespace(
        log_probs=per_token, entropy=filler, mean_logits=filler, is_top1=filler.bool(),
        log_sum_sq_probs=filler,
    )  # fmt: skip
    trainer = SimpleNamespace(
        model=SimpleNamespace(training=True), accelerator=Passing(), aux_loss_enabled=False,
        ld_alpha=None, precompute_ref_logps=True, f_divergence_type=divergence,
        f_alpha_divergence_coef=1 - OPTIONS.alpha, loss_types=[loss_type], loss_weights=[1.0],
        beta=OPTIONS.beta, label_smoothing=OPTIONS.label_smoothing, use_weighting=False,
        _metrics={"train": defaultdict(list)}, _total_train_tokens=0, _tp_size=1,
    )  # fmt: skip
    inputs = {
        "input_ids": torch.zeros_like(completion_mask),
        "attention_mask": torch.ones_like(completion_mask),
        "completion_mask": completion_mask,
        "ref_chosen_logps": pairs.ref_chosen,
        "ref_rejected_logps": pairs.ref_rejected,
    }
    return float(DPOTrainer._compute_loss(trainer, lambda **_: outputs, inputs, False))


@pytest.mark.parametrize(
    ("name", "loss_type", "divergence"),
    [
        ("dpo", "sigmoid", "reverse_kl"),
        ("robust", "robust", "reverse_kl"),
        ("ipo", "ipo", "reverse_kl"),
        ("hinge", "hinge", "reverse_kl"),
        ("reverse_kl", "sigmoid", "reverse_kl"),
        ("forward_kl", "sigmoid", "forward_kl"),
        ("js", "sigmoid", "js_divergence"),
        ("alpha", "sigmoid", "alpha_divergence"),
    ],
)
def test_same_as_trl_dpo(name: str, loss_type: str, divergence: str) -> None:
    pairs = random_pairs()
    ours = PAIRWISE[name](pairs, OPTIONS).mean().item()
    assert ours == pytest.approx(trl_dpo_loss(pairs, loss_type, divergence), rel=1e-5)


def test_same_as_trl_ipo_summed() -> None:
    """With responses of one token TRL's IPO per token is IPO of the sums."""
    pairs = random_pairs(length=False)
    ours = PAIRWISE["ipo_sum"](pairs, OPTIONS).mean().item()
    assert ours == pytest.approx(trl_dpo_loss(pairs, "ipo"), rel=1e-5)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("name", ["cpo", "simpo"])
def test_same_as_trl_cpo(name: str) -> None:
    from trl.experimental.cpo import CPOTrainer

    pairs = random_pairs()
    trainer = SimpleNamespace(
        alpha=0.0, beta=OPTIONS.beta, label_smoothing=0.0, simpo_gamma=OPTIONS.target_margin,
        loss_type="simpo" if name == "simpo" else "sigmoid", accelerator=Passing(),
    )  # fmt: skip
    by_name = {
        "cpo": (pairs.chosen, pairs.rejected),
        "simpo": (pairs.chosen_mean, pairs.rejected_mean),
    }
    theirs, _, _ = CPOTrainer.cpo_loss(trainer, *by_name[name])
    if name == "cpo":
        theirs = theirs - OPTIONS.sft_weight * pairs.chosen_mean
    torch.testing.assert_close(PAIRWISE[name](pairs, OPTIONS), theirs)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")
def test_same_as_trl_orpo() -> None:
    from trl.experimental.orpo import ORPOTrainer

    pairs = random_pairs()
    trainer = SimpleNamespace(beta=OPTIONS.beta, accelerator=Passing())
    losses, *_ = ORPOTrainer.odds_ratio_loss(trainer, pairs.chosen_mean, pairs.rejected_mean)
    theirs = -OPTIONS.sft_weight * pairs.chosen_mean - losses
    torch.testing.assert_close(PAIRWISE["orpo"](pairs, OPTIONS), theirs)


def test_same_as_trl_reward_with_margin() -> None:
    from trl import RewardTrainer

    scores = torch.randn(8, generator=torch.Generator().manual_seed(1))
    margin = torch.rand(4, generator=torch.Generator().manual_seed(2))
    trainer = SimpleNamespace(
        model=SimpleNamespace(training=False), accelerator=Passing(),
        args=SimpleNamespace(center_rewards_coefficient=None), _metrics={"eval": defaultdict(list)},
        _total_train_tokens=0,
    )  # fmt: skip
    outputs = SimpleNamespace(logits=scores[:, None])
    theirs = RewardTrainer.compute_loss(trainer, lambda **_: outputs, {"margin": margin})
    ours = reward_pairs(scores[:4] - scores[4:], margin).mean()
    torch.testing.assert_close(ours, theirs)


def test_reward_pairs_by_hand() -> None:
    difference, margin = torch.tensor([2.0]), torch.tensor([1.0])
    assert reward_pairs(difference, margin).item() == pytest.approx(LS1)
    smoothed = reward_pairs(difference, margin, label_smoothing=0.2).item()
    assert smoothed == pytest.approx(0.8 * LS1 + 0.2 * LS_1)
    assert centering(torch.tensor([1.0, -3.0])).item() == 5.0


def test_plackett_luce_by_hand() -> None:
    scores = torch.tensor([1.0, 3.0, 2.0])
    worth = scores.exp()
    likelihood = worth[1] / worth.sum() * worth[2] / (worth[2] + worth[0])
    value = plackett_luce(scores, torch.tensor([3, 1, 2]))
    assert value.item() == pytest.approx(-math.log(likelihood) / 2, rel=1e-6)


def test_plackett_luce_of_two_is_the_pairwise_loss_and_a_tie_pulls_together() -> None:
    scores = torch.tensor([0.4, -0.7], requires_grad=True)
    untied = plackett_luce(scores, torch.tensor([1, 2]))
    assert untied.item() == pytest.approx(-logsigmoid(torch.tensor(1.1)).item())
    tie = plackett_luce(scores, torch.tensor([1, 1]))
    expected = -(logsigmoid(torch.tensor(1.1)) + logsigmoid(torch.tensor(-1.1))) / 2
    assert tie.item() == pytest.approx(expected.item())
    (gradient,) = torch.autograd.grad(tie, scores)
    assert gradient[0] > 0 > gradient[1]


def test_one_prompt_is_one_element_however_many_pairs_it_has() -> None:
    weights = ComparisonWeights(
        forward=torch.tensor([1.0, 0.5, 0.9]),
        backward=torch.tensor([0.0, 0.5, 0.0]),
        tie=torch.tensor([0.0, 0.0, 0.1]),
        prompt=torch.tensor([0, 0, 1]),
        prompts=2,
    )
    loss, reversed_loss = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([10.0, 20.0, 30.0])
    first = (1.0 + 0.5 * 2 + 0.5 * 20) / 2
    second = 0.9 * 3 + 0.1 * (3 + 30) / 2
    value = combine_comparisons(loss, reversed_loss, weights)
    assert value.item() == pytest.approx(first + second)
    forward_only = combine_comparisons(loss, None, weights)
    assert forward_only.item() == pytest.approx((1 + 1) / 2 + 0.9 * 3)


def test_dpo_on_exact_probabilities_reaches_the_tilted_reference() -> None:
    """Over all pairs weighted by sigmoid(r_i - r_j), the optimum is pi_ref exp(r / beta) / Z."""
    rewards = torch.tensor([1.0, 0.0, -0.5, 0.7], dtype=torch.float64)
    reference = torch.log_softmax(torch.tensor([0.3, 1.0, -1.0, 0.0], dtype=torch.float64), 0)
    logits = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    i, j = torch.triu_indices(4, 4, offset=1)
    target = torch.sigmoid(rewards[i] - rewards[j])
    ones = torch.ones(len(i), dtype=torch.float64)
    optimiser = torch.optim.LBFGS(
        [logits], max_iter=200, tolerance_grad=1e-12, tolerance_change=1e-15
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        logp = torch.log_softmax(logits, 0)
        pairs = PairLogps(
            chosen=logp[i], rejected=logp[j], ref_chosen=reference[i], ref_rejected=reference[j],
            chosen_length=ones, rejected_length=ones, margin=0 * ones,
        )  # fmt: skip
        weights = ComparisonWeights(
            forward=target, backward=1 - target, tie=0 * ones,
            prompt=torch.zeros(len(i), dtype=torch.long), prompts=1,
        )  # fmt: skip
        dpo = PAIRWISE["dpo"]
        value = combine_comparisons(dpo(pairs, OPTIONS), dpo(pairs.swapped(), OPTIONS), weights)
        value.backward()
        return value

    optimiser.step(closure)
    best = torch.softmax(reference + rewards / OPTIONS.beta, 0)
    torch.testing.assert_close(torch.softmax(logits, 0).detach(), best, atol=1e-5, rtol=0)
