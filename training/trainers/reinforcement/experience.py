"""What a step of PPO learns from: sampled responses, their rewards, and what models said of them.

A step's prompts are split into parts, one per forward pass. The same parts are read and learned
from, so that before the first step of the optimiser nothing has moved, to the last bit. Of several
processes each has its share of every part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.trainers.configs import PpoConfig
from training.trainers.data.prompt_rows import PromptRow
from training.trainers.loop.processes import Processes
from training.trainers.policies.sampling import Sampled, Sampling, sample_responses
from training.trainers.reinforcement.divergences import full_divergence, k1
from training.trainers.reinforcement.ppo_math import (
    advantages_and_returns,
    explained_variance,
    length_mask,
    masked_mean,
    masked_variance,
    padded,
    token_rewards,
    whiten,
)
from training.trainers.reinforcement.roles import ActorCritic
from training.trainers.shared_prompt import SharedBatch, inner_model
from training.trainers.shared_prompt.logps import of_distributions


@dataclass
class Part:
    """Prompts with their R sampled responses of N tokens in all; tensors are fp32 [N]."""

    prompts: list[PromptRow]
    answers: list[list[Sampled]]

    def __post_init__(self) -> None:
        self.rows = [
            replace(prompt, responses=[answer.tokens for answer in group])
            for prompt, group in zip(self.prompts, self.answers, strict=True)
        ]


@dataclass
class ReadPart:
    """What the models said of a part before anything was learned from it.

    ``reference_states`` [N, H] are there where whole distributions are compared.
    """

    laid: SharedBatch
    logps: Tensor
    values: Tensor
    divergence: Tensor
    log_ratio: Tensor
    reference_states: Tensor | None
    advantages: Tensor
    returns: Tensor


def split_prompts(
    prompts: Sequence[PromptRow], parts: int, *, seed: int, step: int
) -> list[list[PromptRow]]:
    """A step's prompts in parts, shuffled; fewer parts where there are fewer prompts."""
    order = np.random.default_rng([seed, step]).permutation(len(prompts))
    shares = np.array_split(order, min(parts, len(prompts)))
    return [[prompts[i] for i in some] for some in shares]


def shares_of(parts: Sequence[Sequence[PromptRow]], processes: Processes) -> list[list[PromptRow]]:
    """This process' prompts of each part, such that all processes have equally many in all."""
    turns = iter(range(sum(map(len, parts))))
    return [
        [prompt for prompt in part if next(turns) % processes.count == processes.rank]
        for part in parts
    ]


def response_seeds(prompts: Sequence[PromptRow], seed: int, step: int) -> list[int]:
    """A number for each prompt of a step: the same wherever and beside whatever it is sampled."""
    names = [int.from_bytes(prompt.id.encode()[-8:], "big") for prompt in prompts]
    return [
        int(np.random.SeedSequence([seed, step, name]).generate_state(1, np.uint64)[0] >> 16)
        for name in names
    ]


def sample_parts(
    parts: Sequence[Sequence[PromptRow]],
    *,
    model: Any,
    tokenizer: Any,
    sampling: Sampling,
    seed: int,
    step: int,
    at_a_time: int,
    most: int,
    check: Callable[[], None],
) -> list[Part]:
    """``sampling.n`` responses to every prompt, prompts of like lengths together.

    ``check`` is called before each batch, in every process as often as one with ``most`` prompts.
    """
    flat = [prompt for part in parts for prompt in part]
    order = sorted(range(len(flat)), key=lambda i: -len(flat[i].prompt))
    size = max(1, at_a_time // sampling.n)
    answers: dict[int, list[Sampled]] = {}
    for first in range(0, most, size):
        check()
        some = order[first : first + size]
        chosen = [flat[i] for i in some]
        if not chosen:
            continue
        seeds = response_seeds(chosen, seed, step)
        found = sample_responses(model, tokenizer, [p.prompt for p in chosen], seeds, sampling)
        answers |= dict(zip(some, found, strict=True))
    taken = iter(range(len(flat)))
    return [Part([*part], [answers[next(taken)] for _ in part]) for part in parts]


@torch.no_grad()
def read_part(part: Part, roles: ActorCritic, config: PpoConfig) -> ReadPart:
    """Log-probabilities and values by the very forward passes that are learned by."""
    laid = roles.rows(part.rows)
    own, other = (role.states(laid, laid.sources) for role in (roles.policy, roles.reference))
    logps = roles.policy.logps(own, laid.targets, roles.temperature)
    log_ratio = k1(logps, roles.reference.logps(other, laid.targets, roles.temperature))
    whole = config.divergence != "k1"
    nothing = torch.zeros_like(logps)
    return ReadPart(
        laid=laid,
        logps=logps,
        values=roles.values(laid),
        divergence=distribution_divergence(own, other, roles, config) if whole else log_ratio,
        log_ratio=log_ratio,
        reference_states=other if whole else None,
        advantages=nothing,
        returns=nothing,
    )


def distribution_divergence(
    own: Tensor, reference: Tensor, roles: ActorCritic, config: PpoConfig
) -> Tensor:
    """The divergence of whole distributions by token, from hidden states [N, H] of both: [N]."""
    return of_distributions(
        [inner_model(roles.policy.model), inner_model(roles.reference.model)],
        [own, reference],
        lambda ours, theirs: full_divergence(config.divergence, ours, theirs, alpha=config.alpha),
        roles.temperature,
    )


def set_advantages(
    parts: Sequence[ReadPart],
    scores: Tensor,
    config: PpoConfig,
    *,
    coefficient: float,
    processes: Processes,
) -> dict[str, float]:
    """Fill in advantages and returns from scores [R] of all parts' responses; figures of both.

    A process without a part takes part in what is summed over all of them.
    """
    mask = length_mask(_joined([part.laid.lengths for part in parts]))
    values = padded(_joined([part.values for part in parts]), mask)
    divergence = padded(_joined([part.divergence for part in parts]), mask)
    rewards = token_rewards(scores.to(values), divergence, mask, coefficient=coefficient)
    if config.whiten_rewards:
        rewards = whiten(rewards, mask, keep_mean=True, summed=processes.summed)
    advantages, returns = advantages_and_returns(
        rewards, values, mask, gamma=config.gamma, gae_lambda=config.gae_lambda
    )
    spread = masked_variance(advantages, mask, processes.summed)
    explained = explained_variance(values, returns, mask, processes.summed)
    mean = masked_mean(values, mask, processes.summed)
    if config.whiten_advantages:
        advantages = whiten(advantages, mask, summed=processes.summed)
    sizes = [len(part.logps) for part in parts]
    for part, advantage, wanted in zip(
        parts,
        torch.split(advantages[mask], sizes),
        torch.split(returns[mask], sizes),
        strict=True,
    ):
        part.advantages, part.returns = advantage, wanted
    return {
        "advantage_deviation": float(spread.sqrt()),
        "explained_variance": float(explained),
        "value": float(mean),
    }


def _joined(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat([*tensors]) if tensors else torch.zeros(0)
