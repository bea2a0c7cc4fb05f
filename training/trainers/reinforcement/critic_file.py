"""The critic beside the policy in a checkpoint; a policy's readers need not know of it."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from training.trainers.models.default_model import ModelError
from training.trainers.reinforcement.roles import ActorCritic

FILE = "critic.safetensors"


def save_critic(folder: Path, roles: ActorCritic) -> None:
    """Write the critic's weights that learn into a checkpoint's folder."""
    weights = {name: w.detach().contiguous() for name, w in roles.critic_weights.items()}
    save_file(weights, folder / FILE)


@torch.no_grad()
def restore_critic(folder: Path, roles: ActorCritic) -> None:
    """Put a checkpoint's critic in place. Raises ModelError where it has none that fits."""
    path = folder / FILE
    if not path.is_file():
        raise ModelError(
            f"The checkpoint {folder} is of another trainer, for it has no {FILE}: start a new run."
        )
    kept = load_file(path)
    if {n: w.shape for n, w in kept.items()} != {
        n: w.shape for n, w in roles.critic_weights.items()
    }:
        raise ModelError(
            f"The critic in {folder} is of another shape than this run's: put the settings and the"
            " reward model back with which the run was begun, or start a new run."
        )
    for name, weight in roles.critic_weights.items():
        weight.copy_(kept[name])
