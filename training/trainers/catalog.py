"""Every trainer in one literal dict: what it is, which module runs it, what goes in and comes out.

`python -m MODULE RUN` is the whole interface. No torch: web processes read it.
"""

from __future__ import annotations

from dataclasses import dataclass

from training.trainers.config_fields import TrainerConfig
from training.trainers.configs import (
    EvaluateConfig,
    ExportConfig,
    FilteredDpoConfig,
    GenerateConfig,
    GrpoConfig,
    IteratedDpoConfig,
    KtoConfig,
    PpoConfig,
    PreferenceConfig,
    RaftConfig,
    RewardModelConfig,
    RlooConfig,
    ScoreConfig,
    SftConfig,
    SolveConfig,
    SoupConfig,
)


@dataclass(frozen=True, kw_only=True)
class TrainerEntry:
    """One trainer. ``consumes`` names record kinds (preference, ranking), prompts, or responses:
    those of a project's open items, written beside the run.

    ``produces`` is reward_model, policy, responses, report, scores or files.
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

    @property
    def makes_model(self) -> bool:
        """Whether it leaves checkpoints."""
        return self.produces in ("reward_model", "policy")

    @property
    def makes_files(self) -> bool:
        """Whether what it leaves is there to be taken along."""
        return self.produces == "files"

    @property
    def needs_snapshot(self) -> bool:
        """Whether it reads records; what reads nothing but a model works without."""
        return bool(self.consumes) and not self.works_on_open_items


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
    "sft": TrainerEntry(
        title="Imitation (SFT)",
        description="Trains a policy to write what people wrote, or what they chose.",
        module="training.trainers.sft",
        config=SftConfig,
        consumes=("demonstration", "preference", "ranking"),
        produces="policy",
    ),
    "kto": TrainerEntry(
        title="Good and bad responses (KTO)",
        description="Trains a policy on responses that are good or bad by themselves.",
        module="training.trainers.kto",
        config=KtoConfig,
        consumes=("unpaired", "preference", "ranking"),
        produces="policy",
    ),
    "raft": TrainerEntry(
        title="Imitation of the best (RAFT)",
        description="Samples, keeps what a reward model likes best, and imitates it, in rounds.",
        module="training.trainers.raft",
        config=RaftConfig,
        consumes=("prompts",),
        produces="policy",
    ),
    "filtered_dpo": TrainerEntry(
        title="Filtered DPO",
        description="Trains a policy on those preferences that a reward model vouches for.",
        module="training.trainers.filtered_dpo",
        config=FilteredDpoConfig,
        consumes=("preference",),
        produces="policy",
    ),
    "iterated_dpo": TrainerEntry(
        title="Iterated DPO",
        description="Samples, ranks by a reward model and learns from the ranking, in rounds.",
        module="training.trainers.iterated_dpo",
        config=IteratedDpoConfig,
        consumes=("prompts",),
        produces="policy",
    ),
    "ppo": TrainerEntry(
        title="Reinforcement learning (PPO)",
        description="Samples, rewards, and learns from it with a critic, near where it started.",
        module="training.trainers.ppo",
        config=PpoConfig,
        consumes=("prompts",),
        produces="policy",
    ),
    "soup": TrainerEntry(
        title="Mixture of policies (reward soup)",
        description="Mixes the weights of policies trained for different criteria, and keeps one.",
        module="training.trainers.soup",
        config=SoupConfig,
        consumes=("prompts",),
        produces="policy",
    ),
    "grpo": TrainerEntry(
        title="Reinforcement learning in groups (GRPO)",
        description="Samples several responses per prompt, and learns from those that earn more.",
        module="training.trainers.grpo",
        config=GrpoConfig,
        consumes=("prompts",),
        produces="policy",
    ),
    "rloo": TrainerEntry(
        title="Reinforcement learning, leave one out (RLOO)",
        description="Samples several responses per prompt, each measured by the mean of the"
        " others.",
        module="training.trainers.rloo",
        config=RlooConfig,
        consumes=("prompts",),
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
        consumes=("preference", "ranking"),
        produces="report",
    ),
    "solve": TrainerEntry(
        title="Solve problems",
        description="Measures how many problems with known answers a model solves, beside another"
        " model.",
        module="training.trainers.solve",
        config=SolveConfig,
        consumes=("prompts",),
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
    "export": TrainerEntry(
        title="Export a model",
        description="Writes a checkpoint as one plain model for others: safetensors or GGUF.",
        module="training.trainers.export",
        config=ExportConfig,
        consumes=(),
        produces="files",
    ),
}
