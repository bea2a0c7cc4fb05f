"""A policy that learns from groups of its own responses: how it writes, is judged, read and saved.

With LoRA the reference is the same model without its adapters, and a reward model that stands on
the same backbone is read there too; with full tuning the reference is a model of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch

from training.run_dir import RunDir
from training.trainers.configs import GroupConfig
from training.trainers.data.prompt_rows import PromptRow
from training.trainers.evaluation.policy_progress import PolicyProgress
from training.trainers.loop.command_line import StopWatch
from training.trainers.loop.starting import Start
from training.trainers.loop.step_loop import Evaluation
from training.trainers.models.model_loading import load_policy, working_dtype
from training.trainers.models.saving import save_checkpoint
from training.trainers.policies.sampling import Sampling
from training.trainers.policies.trl_policy_losses import TokenReader
from training.trainers.reinforcement.frozen_models import keep_frozen
from training.trainers.reinforcement.one_backbone import Backbone
from training.trainers.reinforcement.roles import BARE, POLICY, Role
from training.trainers.rewards.reward_sources import load_reward_sources, load_unseen
from training.trainers.rewards.setting_text import parse_stop_strings


class GroupPolicy:
    """The policy as it is evaluated and saved between steps; see `step_loop.Evaluated`.

    ``read`` and ``read_reference`` give log-probabilities of response tokens at the temperature of
    sampling, ``sources`` the rewards.
    """

    def __init__(self, run: RunDir, start: Start, config: GroupConfig, stop: StopWatch) -> None:
        self.run, self.start, self.config = run, start, config
        self.sampling = Sampling(
            temperature=config.temperature,
            top_p=1.0,
            max_new_tokens=config.max_new_tokens,
            n=config.n,
            stop_strings=parse_stop_strings(config.stop_strings),
        )
        backbone = Backbone(start) if config.tuning == "lora" else None
        policy, reference = _roles(start, backbone)
        self.read = TokenReader(policy, config.temperature)
        self.read_reference = TokenReader(reference, config.temperature)
        dtype = working_dtype(config, start.device)
        self.sources = load_reward_sources(
            config,
            policy_tokenizer=start.tokenizer,
            device=start.device,
            dtype=dtype,
            backbone=backbone,
        )
        unseen = load_unseen(
            config, policy_tokenizer=start.tokenizer, device=start.device, dtype=dtype
        )
        held_out = cast(Sequence[PromptRow], start.held_out)
        self.progress = PolicyProgress(
            run, config, start.tokenizer, held_out, self.sampling, self.sources, unseen, stop
        )

    def evaluate(self, step: int) -> Evaluation | None:
        """What the policy writes to held-out prompts is worth, and how far it has moved."""
        return self.progress.evaluate(
            step,
            model=self.start.model,
            logps=self.read.logps,
            reference_logps=self.read_reference.logps,
        )

    def save(self, folder: Path) -> None:
        """Adapters, or the whole policy, with tokenizer and lineage."""
        about = {
            "kind": "policy",
            "base_model": self.config.model,
            "starting_model": self.start.starting_model,
            "tuning": self.config.tuning,
            "dataset": self.config.dataset,
            "loss": self.config.trainer,
            "seed": self.config.seed,
        }
        save_checkpoint(
            folder,
            model=self.start.model,
            tokenizer=self.start.tokenizer,
            base=self.start.base,
            about=about,
        )


def _roles(start: Start, backbone: Backbone | None) -> tuple[Role, Role]:
    """The policy and the reference that it began as."""
    if backbone is not None:
        return backbone.role(POLICY), backbone.role(BARE)
    reference = load_policy(start.starting_model, dtype=torch.float32).model
    return Role(start.model), Role(keep_frozen(reference, how="device", device=start.device))
