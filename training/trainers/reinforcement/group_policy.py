"""A policy that learns from groups of its own responses, and the reference that it began as.

With LoRA the reference is the same model without its adapters, and a reward model that stands on
the same backbone is read there too; with full tuning the reference is a model of its own.
"""

from __future__ import annotations

import torch

from training.run_dir import RunDir
from training.trainers.configs import GroupConfig
from training.trainers.loop.command_line import StopWatch
from training.trainers.loop.starting import Start
from training.trainers.models.model_loading import load_policy
from training.trainers.policies.trl_policy_losses import TokenReader
from training.trainers.reinforcement.frozen_models import keep_frozen
from training.trainers.reinforcement.one_backbone import Backbone
from training.trainers.reinforcement.rewarded_policy import RewardedPolicy
from training.trainers.reinforcement.roles import BARE, POLICY, Role


class GroupPolicy(RewardedPolicy):
    """The policy; ``read`` and ``read_reference`` give what TRL's losses are made of."""

    def __init__(self, run: RunDir, start: Start, config: GroupConfig, stop: StopWatch) -> None:
        backbone = Backbone(start) if config.tuning == "lora" else None
        policy, reference = _roles(start, backbone)
        self.read = TokenReader(policy, config.temperature)
        self.read_reference = TokenReader(reference, config.temperature)
        super().__init__(
            run,
            start,
            config,
            stop,
            backbone=backbone,
            logps=self.read.logps,
            reference_logps=self.read_reference.logps,
        )


def _roles(start: Start, backbone: Backbone | None) -> tuple[Role, Role]:
    """The policy and the reference that it began as."""
    if backbone is not None:
        return backbone.role(POLICY), backbone.role(BARE)
    reference = load_policy(start.starting_model, dtype=torch.float32).model
    return Role(start.model), Role(keep_frozen(reference, how="device", device=start.device))
