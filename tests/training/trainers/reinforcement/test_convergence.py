"""Line 23: PPO reaches the policy that is known to be the best, ref exp(r / beta) / Z."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

from tests.training.trainers.reinforcement.ppo_fixture import settings
from training.trainers.configs import PpoConfig
from training.trainers.data.prompt_rows import PromptRow
from training.trainers.loop.optimiser import learning_rate_share
from training.trainers.loop.processes import Processes
from training.trainers.policies.sampling import Sampled
from training.trainers.reinforcement.experience import Part, read_part, set_advantages
from training.trainers.reinforcement.roles import ActorCritic, Role
from training.trainers.reinforcement.updates import Updates
from training.trainers.shared_prompt import Rows, why_not_shared

PROMPT = PromptRow(id="p", cluster="p", prompt=[0], messages=[], room=4)


def small_roles(actions: int) -> ActorCritic:
    """A policy over few tokens, a copy of it as reference, and a critic."""
    torch.manual_seed(0)
    shape = LlamaConfig(
        vocab_size=actions, hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=16, num_labels=1,
        pad_token_id=None, bos_token_id=None, eos_token_id=None, initializer_range=0.3,
    )  # fmt: skip
    policy, reference = LlamaForCausalLM(shape).eval(), LlamaForCausalLM(shape).eval()
    reference.load_state_dict(policy.state_dict())
    critic = LlamaForSequenceClassification(shape).eval()
    torch.nn.init.zeros_(critic.score.weight)
    for model in (policy, reference, critic):
        assert why_not_shared(model, 8) is None
    return ActorCritic(
        policy=Role(policy),
        reference=Role(reference.requires_grad_(False)),
        critic=Role(critic, head=critic.score),
        rows=Rows(policy, pad_id=0, shared=True),
        temperature=1.0,
        policy_weights=dict(policy.named_parameters()),
        critic_weights=dict(critic.named_parameters()),
    )


def responses(sequences: list[list[int]]) -> Part:
    return Part([PROMPT], [[Sampled("", s, finished=True, logp=0.0) for s in sequences]])


@torch.no_grad()
def probabilities(logps: Callable[..., Tensor], roles: ActorCritic, every: Part) -> Tensor:
    """The probability of each sequence, fp64."""
    laid = roles.rows(every.rows)
    sums = torch.zeros(len(laid.ends)).index_add(0, laid.owners, logps(laid))
    return sums.double().exp()


def learn(
    roles: ActorCritic, config: PpoConfig, every: list[list[int]], rewards: Tensor, steps: int
) -> None:
    """Steps of PPO as `ppo.PpoLoop` takes them; sampling is by enumeration."""
    updates, drawn = Updates(roles, config, Processes()), torch.Generator().manual_seed(1)
    for step in range(steps):
        updates.set_rates(learning_rate_share(step, steps, config.warmup_fraction))
        chances = probabilities(roles.logps, roles, responses(every))
        chosen = torch.multinomial(chances, config.n, replacement=True, generator=drawn).tolist()
        read = read_part(responses([every[i] for i in chosen]), roles, config)
        set_advantages(
            [read], rewards[chosen], config, coefficient=config.kl_coefficient,
            processes=Processes(),
        )  # fmt: skip
        updates.learn([read], step=step, coefficient=config.kl_coefficient, warming_up=False)


def distance_from_the_best(
    roles: ActorCritic, every: list[list[int]], rewards: Tensor, beta: float
) -> tuple[float, float]:
    """Total variation between the best policy and the reference, and what is left of it."""
    part = responses(every)
    reference = probabilities(roles.reference_logps, roles, part)
    best = reference * torch.exp(rewards.double() / beta)
    best = best / best.sum()
    policy = probabilities(roles.logps, roles, part)
    return float((reference - best).abs().sum() / 2), float((policy - best).abs().sum() / 2)


@pytest.mark.parametrize("divergence", ["k1", pytest.param("reverse_kl", marks=pytest.mark.long)])
def test_line_23_a_bandit_reaches_the_known_optimum(divergence: str, tmp_path: Path) -> None:
    roles = small_roles(8)
    config = settings(
        tmp_path, tmp_path, batch_size=1, accumulation=1, n=96, update_epochs=2,
        learning_rate=2e-3, critic_learning_rate=4e-3, kl_coefficient=0.5, divergence=divergence,
        whiten_advantages=False, value_clip_range=0.0, warmup_fraction=0.0,
    )  # fmt: skip
    every = [[action] for action in range(8)]
    rewards = torch.tensor([1.0, -1.0, 0.5, 0.0, -0.5, 0.2, 0.8, -0.2])
    learn(roles, config, every, rewards, steps=90)
    before, after = distance_from_the_best(roles, every, rewards, 0.5)
    assert before > 0.2
    assert after < 0.02


@pytest.mark.long
def test_line_23_a_task_of_sequences_reaches_the_known_optimum(tmp_path: Path) -> None:
    roles = small_roles(4)
    config = settings(
        tmp_path, tmp_path, batch_size=1, accumulation=1, n=256, update_epochs=2,
        learning_rate=2e-3, critic_learning_rate=4e-3, kl_coefficient=0.5, gae_lambda=0.95,
        whiten_advantages=False, value_clip_range=0.0, warmup_fraction=0.0,
    )  # fmt: skip
    every = [list(sequence) for sequence in product(range(4), repeat=3)]
    # Rewards that depend on the whole sequence: rising ones are good, repeated tokens are not.
    rewards = torch.tensor(
        [float(a < b < c) + 0.5 * (a == c) - 1.0 * (a == b) for a, b, c in every]
    )
    learn(roles, config, every, rewards, steps=300)
    before, after = distance_from_the_best(roles, every, rewards, 0.5)
    assert before > 0.3
    assert after < 0.05
