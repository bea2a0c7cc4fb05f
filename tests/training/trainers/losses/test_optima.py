"""Where the losses lead: softmax tables trained on exact preference probabilities.

A policy over a few responses is a row of logits, rewards are planted, and every comparison comes
with the very probability that the planted rewards give it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import permutations

import pytest
import torch
from torch import Tensor

from training.trainers.losses.catalog import preference_loss
from training.trainers.losses.combining import ComparisonWeights
from training.trainers.losses.listwise import plackett_luce
from training.trainers.losses.pairs import LossOptions, PairLogps

OPTIONS = LossOptions(beta=0.5, alpha=0.4, tie_share=0.3)


def table(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


REWARDS = table(1.0, 0.0, -0.5, 0.7)
REFERENCE = torch.log_softmax(table(0.3, 1.0, -1.0, 0.0), 0)
FIRST, SECOND = torch.triu_indices(4, 4, offset=1)


def tilted(reference: Tensor, rewards: Tensor, beta: float) -> Tensor:
    """log of pi_ref exp(r / beta) / Z, [K]."""
    return torch.log_softmax(reference + rewards / beta, 0)


def best(loss: Callable[[Tensor], Tensor], *, start: Tensor) -> Tensor:
    """The log-probabilities [K] that minimise ``loss`` of them, from a table that begins there."""
    logits = start.clone().requires_grad_()
    optimiser = torch.optim.LBFGS(
        [logits], max_iter=500, tolerance_grad=1e-13, tolerance_change=1e-16,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure() -> Tensor:
        optimiser.zero_grad()
        value = loss(torch.log_softmax(logits, 0))
        value.backward()
        return value

    optimiser.step(closure)
    return torch.log_softmax(logits, 0).detach()


def learned(
    name: str, forward: Tensor, backward: Tensor, tie: Tensor | None = None,
    *, reference: Tensor = REFERENCE, i: Tensor = FIRST, j: Tensor = SECOND,
) -> Tensor:  # fmt: skip
    """What a loss makes of the reference, all pairs of one prompt having these probabilities."""
    ones = torch.ones(len(i), dtype=torch.float64)
    weights = ComparisonWeights(
        forward=forward, backward=backward, tie=0 * ones if tie is None else tie,
        prompt=torch.zeros(len(i), dtype=torch.long), prompts=1,
    )  # fmt: skip

    def loss(logp: Tensor) -> Tensor:
        pairs = PairLogps(
            chosen=logp[i], rejected=logp[j], ref_chosen=reference[i], ref_rejected=reference[j],
            chosen_length=ones, rejected_length=ones, margin=0 * ones,
        )  # fmt: skip
        return preference_loss(name, pairs, weights, OPTIONS)

    return best(loss, start=reference)


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found.exp(), expected.exp(), atol=1e-6, rtol=0)


def bradley_terry(rewards: Tensor) -> tuple[Tensor, Tensor]:
    wins = torch.sigmoid(rewards[FIRST] - rewards[SECOND])
    return wins, 1 - wins


@pytest.mark.parametrize("name", ["dpo", "dpo_norm", "reverse_kl"])
def test_dpo_reaches_the_tilted_reference(name: str) -> None:
    found = learned(name, *bradley_terry(REWARDS))
    close(found, tilted(REFERENCE, REWARDS, OPTIONS.beta))
    assert (found.exp() - REFERENCE.exp()).abs().max() > 0.2


def test_two_stages_multiply_their_exponentials() -> None:
    second = table(-0.4, 0.9, 0.2, 0.0)
    first_stage = learned("dpo", *bradley_terry(REWARDS))
    found = learned("dpo", *bradley_terry(second), reference=first_stage)
    close(found, tilted(REFERENCE, REWARDS + second, OPTIONS.beta))


@pytest.mark.parametrize("name", ["dpo_rao_kupper", "dpo_davidson"])
def test_losses_with_ties_reach_it_on_answers_with_ties(name: str) -> None:
    gap, share = REWARDS[FIRST] - REWARDS[SECOND], OPTIONS.tie_share
    if name == "dpo_rao_kupper":
        nu = math.log((1 + share) / (1 - share))
        wins, loses = torch.sigmoid(gap - nu), torch.sigmoid(-gap - nu)
    else:
        even = 2 * share / (1 - share)
        total = torch.exp(gap / 2) + torch.exp(-gap / 2) + even
        wins, loses = torch.exp(gap / 2) / total, torch.exp(-gap / 2) / total
    found = learned(name, wins, loses, 1 - wins - loses)
    close(found, tilted(REFERENCE, REWARDS, OPTIONS.beta))


def test_whole_orders_reach_it_too() -> None:
    worth = REWARDS.exp()

    def probability(order: tuple[int, ...]) -> float:
        left = [float(worth[list(order[k:])].sum()) for k in range(len(order))]
        return math.prod(
            float(worth[best]) / total for best, total in zip(order, left, strict=True)
        )

    orders = list(permutations(range(4)))
    ranks = [torch.tensor([order.index(k) + 1 for k in range(4)]) for order in orders]
    shares = [probability(order) for order in orders]
    assert sum(shares) == pytest.approx(1)

    def loss(logp: Tensor) -> Tensor:
        rewards = OPTIONS.beta * (logp - REFERENCE)
        values = [s * plackett_luce(rewards, r) for s, r in zip(shares, ranks, strict=True)]
        return torch.stack(values).sum()

    close(best(loss, start=REFERENCE), tilted(REFERENCE, REWARDS, OPTIONS.beta))


RATIO_OF_SLOPE: dict[str, Callable[[Tensor], Tensor]] = {
    "forward_kl": lambda slope: -1 / slope,
    "js": lambda slope: slope.exp() / (2 - slope.exp()),
    "alpha": lambda slope: (1 - OPTIONS.alpha * slope) ** (-1 / OPTIONS.alpha),
}
"""t of f'(t)."""
MOST_SLOPE = {"forward_kl": 0.0, "js": math.log(2), "alpha": 1 / OPTIONS.alpha}


@pytest.mark.parametrize("name", RATIO_OF_SLOPE)
def test_other_divergences_reach_their_own_optimum(name: str) -> None:
    """pi_ref t with beta f'(t) = r - c, where c makes it sum to one: 2309.16240 theorem 1."""
    low = float(REWARDS.max()) - OPTIONS.beta * MOST_SLOPE[name] + 1e-9
    high = low + 50.0
    for _ in range(200):
        c = (low + high) / 2
        policy = REFERENCE.exp() * RATIO_OF_SLOPE[name]((REWARDS - c) / OPTIONS.beta)
        low, high = (c, high) if policy.sum() > 1 else (low, c)
    found = learned(name, *bradley_terry(REWARDS))
    close(found, policy.log())
    assert (found.exp() - tilted(REFERENCE, REWARDS, OPTIONS.beta).exp()).abs().max() > 0.02


@pytest.mark.parametrize("name", ["ipo", "ipo_sum"])
def test_ipo_moves_the_log_ratio_by_what_is_sure_and_no_further(name: str) -> None:
    """Of two responses: the log-ratio moves by (2p - 1) / (2 beta), also where p is 1."""
    for sure in (0.8, 1.0):
        reference = torch.log_softmax(table(0.0, 0.6), 0)
        found = learned(
            name, table(sure), table(1 - sure), reference=reference,
            i=torch.tensor([0]), j=torch.tensor([1]),
        )  # fmt: skip
        moved = (found[0] - found[1]) - (reference[0] - reference[1])
        assert float(moved) == pytest.approx((2 * sure - 1) / (2 * OPTIONS.beta), abs=1e-6)
