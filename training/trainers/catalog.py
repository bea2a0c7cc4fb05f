"""Every trainer in one literal dict: what it is, which module runs it, what goes in and comes out.

`python -m MODULE RUN` is the whole interface. No torch: web processes read it.
"""

from __future__ import annotations

from dataclasses import dataclass

from training.trainers.config_fields import TrainerConfig
from training.trainers.configs import (
    EvaluateConfig,
    GenerateConfig,
    PreferenceConfig,
    RewardModelConfig,
    ScoreConfig,
)


@dataclass(frozen=True, kw_only=True)
class TrainerEntry:
    """One trainer. ``consumes`` names record kinds (preference, ranking), prompts, or responses:
    those of a project's open items, written beside the run.

    ``produces`` is reward_model, policy, responses, report or scores.
    """

    title: str
    description: str
    module: str
    config: type[TrainerConfig]
    consumes: tuple[str, ...]
    produces: str

    @property
    def works_on_open_items(self) -> bool:
        """Whether it needs no snapshot, for it works on what waits for labelers."""
        return "responses" in self.consumes


TRAINERS: dict[str, TrainerEntry] = {
    "reward_model": TrainerEntry(
        title="Reward model",
        description="Learns a score from preferences and rankings; better responses score higher.",
        module="training.trainers.reward_model",
        config=RewardModelConfig,
        consumes=("preference", "ranking"),
        produces="reward_model",
    ),
    "dpo": TrainerEntry(
        title="Preference optimisation (DPO family)",
        description="Trains a policy on preferences directly, with DPO or one of its relatives.",
        module="training.trainers.preference",
        config=PreferenceConfig,
        consumes=("preference", "ranking"),
        produces="policy",
    ),
    "generate": TrainerEntry(
        title="Generate responses",
        description="Samples responses of a model or checkpoint to the prompts of a dataset.",
        module="training.trainers.generate",
        config=GenerateConfig,
        consumes=("prompts",),
        produces="responses",
    ),
    "evaluate": TrainerEntry(
        title="Evaluate on held-out pairs",
        description="Measures how often a model agrees with held-out preferences, with baselines.",
        module="training.trainers.evaluate",
        config=EvaluateConfig,
        consumes=("preference",),
        produces="report",
    ),
    "score": TrainerEntry(
        title="Score open items",
        description="Scores the responses of open items, so that the most uncertain come first.",
        module="training.trainers.score",
        config=ScoreConfig,
        consumes=("responses",),
        produces="scores",
    ),
}
