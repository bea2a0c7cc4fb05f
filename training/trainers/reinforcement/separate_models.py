"""Policy, reference and critic as models of their own, for full fine-tuning.

The critic begins as the reward model where that reads the policy's own tokens, else as the policy
under a head of zeros. The reference may stay on the CPU or have weights of 8 bit.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from training.trainers.loop.starting import Start
from training.trainers.models.default_model import ModelError
from training.trainers.models.model_checks import same_words
from training.trainers.models.model_loading import (
    LoadedModel,
    checkpoint_about,
    load_policy,
    load_reward_model,
    resolve_model,
)
from training.trainers.reinforcement.frozen_models import keep_frozen
from training.trainers.reinforcement.roles import ActorCritic, Role
from training.trainers.shared_prompt import recompute_layers, why_not_shared


def as_separate_models(
    start: Start,
    *,
    temperature: float,
    longest: int,
    critic_from: str,
    head_weights: str,
    frozen: str,
    gradient_checkpointing: bool,
) -> ActorCritic:
    """The roles of a policy of which every weight learns; rows have up to ``longest`` tokens.

    The critic begins as the reward model ``critic_from`` where that reads the policy's own tokens.
    """
    reference = load_policy(start.starting_model, dtype=start.model.dtype).model
    judge = _judge(start, critic_from, head_weights) if critic_from else None
    begun = judge or load_reward_model(start.starting_model, dtype=start.model.dtype, new_head=True)
    critic = begun.model
    for model in (reference, critic):
        if start.shared and (reason := why_not_shared(model, longest)):
            raise ModelError(f"The reference and the critic cannot share rows: {reason}.")
    reference = keep_frozen(reference, how=frozen, device=start.device)
    critic = critic.to(start.device).requires_grad_(True).eval()
    if gradient_checkpointing:
        recompute_layers(critic)
    return ActorCritic(
        policy=Role(start.model),
        reference=Role(reference),
        critic=Role(critic, head=critic.score),
        rows=start.rows,
        temperature=temperature,
        policy_weights=_learning(start.model),
        critic_weights=_learning(critic),
        critic_is_judge=judge is not None,
    )


def _judge(start: Start, name: str, head_weights: str) -> LoadedModel | None:
    """The reward model, unless it is an ensemble or reads other tokens than the policy writes."""
    if checkpoint_about(resolve_model(name)).get("members"):
        return None
    loaded = load_reward_model(
        name, dtype=start.model.dtype, new_head=False, head_weights=head_weights
    )
    return loaded if same_words(start.tokenizer, loaded.tokenizer) else None


def _learning(model: Any) -> dict[str, Tensor]:
    return {name: p for name, p in model.named_parameters() if p.requires_grad}
