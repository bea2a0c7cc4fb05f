"""Who plays policy, reference and critic in a run, by its settings and where it goes on from."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from training.run_dir import RunDir
from training.trainers.config_fields import ConfigError
from training.trainers.configs import PpoConfig
from training.trainers.loop.starting import Start
from training.trainers.reinforcement.critic_file import restore_critic
from training.trainers.reinforcement.one_backbone import Backbone, on_one_backbone
from training.trainers.reinforcement.roles import ActorCritic
from training.trainers.reinforcement.separate_models import as_separate_models


@dataclass(frozen=True)
class Cast:
    """The roles, and the backbone that reward models may join, where all share one."""

    roles: ActorCritic
    backbone: Backbone | None


def cast_roles(run: RunDir, start: Start, config: PpoConfig) -> Cast:
    """The roles of a run, the critic as its latest checkpoint has it."""
    wanted = "" if config.critic_start == "policy" else config.reward_model
    if config.tuning == "lora":
        backbone = Backbone(start)
        roles = on_one_backbone(
            backbone,
            temperature=config.temperature,
            critic_from=wanted,
            head_weights=config.head_weights,
        )
        cast = Cast(roles, backbone)
    else:
        roles = as_separate_models(
            start,
            temperature=config.temperature,
            longest=config.longest,
            critic_from=wanted,
            head_weights=config.head_weights,
            frozen=config.frozen_models,
            gradient_checkpointing=config.gradient_checkpointing,
        )
        cast = Cast(roles, None)
    if config.critic_start == "reward_model" and not roles.critic_is_judge:
        raise ConfigError(
            "critic_start is reward_model, but the reward model reads other tokens or stands on"
            " another base than the policy: take auto, or another reward model."
        )
    if roles.critic_is_judge:
        with torch.no_grad():  # what the critic expects is the score as it counts
            roles.critic.head.weight.mul_(config.reward_model_weight)
    checkpoint = run.latest_checkpoint()
    if checkpoint is not None:
        restore_critic(checkpoint.path, roles)
    return cast
