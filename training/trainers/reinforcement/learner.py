"""The policy of PPO between its steps: how it samples, who judges it, how it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from training.run_dir import RunDir
from training.trainers.configs import PpoConfig
from training.trainers.data.prompt_rows import PromptRow
from training.trainers.evaluation.policy_progress import PolicyProgress
from training.trainers.loop.command_line import StopWatch
from training.trainers.loop.starting import Start
from training.trainers.loop.step_loop import Evaluation
from training.trainers.models.model_loading import working_dtype
from training.trainers.models.saving import save_checkpoint
from training.trainers.policies.sampling import Sampling
from training.trainers.reinforcement.casting import Cast
from training.trainers.reinforcement.critic_file import save_critic
from training.trainers.reinforcement.frozen_models import keep_frozen
from training.trainers.rewards.reward_sources import load_reward_sources, load_unseen
from training.trainers.rewards.setting_text import parse_stop_strings


class PpoLearner:
    """The policy as it is evaluated and saved between steps; see `step_loop.Evaluated`."""

    def __init__(
        self, run: RunDir, start: Start, config: PpoConfig, playing: Cast, stop: StopWatch
    ) -> None:
        self.start, self.config, self.roles = start, config, playing.roles
        self.sampling = Sampling(
            temperature=config.temperature,
            top_p=1.0,
            max_new_tokens=config.max_new_tokens,
            n=config.n,
            stop_strings=parse_stop_strings(config.stop_strings),
        )
        common: dict[str, Any] = {
            "policy_tokenizer": start.tokenizer,
            "device": start.device,
            "dtype": working_dtype(config, start.device),
            "place": partial(keep_frozen, how=config.frozen_models, device=start.device),
        }
        self.sources = load_reward_sources(config, backbone=playing.backbone, **common)
        unseen = load_unseen(config, **common)
        held_out = cast(Sequence[PromptRow], start.held_out)  # what `read_prompt_rows` made
        self.progress = PolicyProgress(
            run, config, start.tokenizer, held_out, self.sampling, self.sources, unseen, stop
        )

    def evaluate(self, step: int) -> Evaluation | None:
        """What the policy writes to held-out prompts is worth, and how far it has moved."""
        return self.progress.evaluate(
            step,
            model=self.start.model,
            logps=self.roles.logps,
            reference_logps=self.roles.reference_logps,
        )

    def save(self, folder: Path) -> None:
        """The policy as every trainer saves it, and the critic beside it."""
        about = {
            "kind": "policy",
            "base_model": self.config.model,
            "starting_model": self.start.starting_model,
            "tuning": self.config.tuning,
            "dataset": self.config.dataset,
            "loss": "ppo",
            "seed": self.config.seed,
        }
        save_checkpoint(
            folder,
            model=self.start.model,
            tokenizer=self.start.tokenizer,
            base=self.start.base,
            about=about,
        )
        save_critic(folder, self.roles)
