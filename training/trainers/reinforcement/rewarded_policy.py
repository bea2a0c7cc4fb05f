"""A policy that learns from rewards, between its steps: how it samples, is judged, and is saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from training.run_dir import RunDir
from training.trainers.configs import GroupConfig, PpoConfig
from training.trainers.data.prompt_rows import PromptRow
from training.trainers.evaluation.policy_figures import Logps
from training.trainers.evaluation.policy_progress import PolicyProgress
from training.trainers.loop.command_line import StopWatch
from training.trainers.loop.starting import Start
from training.trainers.loop.step_loop import Evaluation
from training.trainers.models.model_loading import working_dtype
from training.trainers.models.saving import save_checkpoint
from training.trainers.policies.sampling import Sampling
from training.trainers.reinforcement.one_backbone import Backbone
from training.trainers.rewards.reward_sources import load_reward_sources, load_unseen
from training.trainers.rewards.setting_text import parse_stop_strings


class RewardedPolicy:
    """The policy as it is evaluated and saved between steps; see `step_loop.Evaluated`.

    ``sources`` are the rewards, read on ``backbone`` where they stand on it; ``place`` puts a
    reward model of its own where it computes. ``logps`` and ``reference_logps`` are those of
    response tokens at the temperature of sampling.
    """

    def __init__(
        self,
        run: RunDir,
        start: Start,
        config: PpoConfig | GroupConfig,
        stop: StopWatch,
        *,
        backbone: Backbone | None,
        logps: Logps,
        reference_logps: Logps,
        place: Callable[[Any], Any] | None = None,
    ) -> None:
        self.run, self.start = run, start
        self.logps, self.reference_logps = logps, reference_logps
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
            "place": place,
        }
        self.sources = load_reward_sources(config, backbone=backbone, **common)
        unseen = load_unseen(config, **common)
        held_out = cast(Sequence[PromptRow], start.held_out)  # what `read_prompt_rows` made
        self.progress = PolicyProgress(
            run, config, start.tokenizer, held_out, self.sampling, self.sources, unseen, stop
        )
        self.about = {
            "kind": "policy",
            "base_model": config.model,
            "starting_model": start.starting_model,
            "tuning": config.tuning,
            "dataset": config.dataset,
            "loss": config.trainer,
            "seed": config.seed,
        }

    def evaluate(self, step: int) -> Evaluation | None:
        """What the policy writes to held-out prompts is worth, and how far it has moved."""
        return self.progress.evaluate(
            step,
            model=self.start.model,
            logps=self.logps,
            reference_logps=self.reference_logps,
        )

    def save(self, folder: Path) -> None:
        """Adapters, or the whole policy, with tokenizer and lineage."""
        save_checkpoint(
            folder,
            model=self.start.model,
            tokenizer=self.start.tokenizer,
            base=self.start.base,
            about=self.about,
        )
