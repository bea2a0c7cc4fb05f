"""The policy of PPO between its steps: who plays it and its reference, and the critic beside it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from training.run_dir import RunDir
from training.trainers.configs import PpoConfig
from training.trainers.loop.command_line import StopWatch
from training.trainers.loop.starting import Start
from training.trainers.reinforcement.casting import Cast
from training.trainers.reinforcement.critic_file import save_critic
from training.trainers.reinforcement.frozen_models import keep_frozen
from training.trainers.reinforcement.rewarded_policy import RewardedPolicy


class PpoLearner(RewardedPolicy):
    """A policy with the roles that PPO casts."""

    def __init__(
        self, run: RunDir, start: Start, config: PpoConfig, playing: Cast, stop: StopWatch
    ) -> None:
        self.roles = playing.roles
        super().__init__(
            run,
            start,
            config,
            stop,
            backbone=playing.backbone,
            logps=self.roles.logps,
            reference_logps=self.roles.reference_logps,
            place=partial(keep_frozen, how=config.frozen_models, device=start.device),
        )

    def save(self, folder: Path) -> None:
        """The policy as every trainer saves it, and the critic beside it."""
        super().save(folder)
        save_critic(folder, self.roles)
