"""What trainers are called, and what they do."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class TrainerWords:
    """What a trainer is called and what it does."""

    title: Promise
    description: Promise


TRAINERS = {
    "reward_model": TrainerWords(
        _("Reward model"),
        _("Learns a score from preferences and rankings; better responses score higher."),
    ),
    "dpo": TrainerWords(
        _("Preference optimisation (DPO family)"),
        _("Trains a policy on preferences directly, with DPO or one of its relatives."),
    ),
    "sft": TrainerWords(
        _("Imitation (SFT)"),
        _("Trains a policy to write what people wrote, or what they chose."),
    ),
    "kto": TrainerWords(
        _("Good and bad responses (KTO)"),
        _("Trains a policy on responses that are good or bad by themselves."),
    ),
    "raft": TrainerWords(
        _("Imitation of the best (RAFT)"),
        _("Samples, keeps what a reward model likes best, and imitates it, in rounds."),
    ),
    "filtered_dpo": TrainerWords(
        _("Filtered DPO"),
        _("Trains a policy on those preferences that a reward model vouches for."),
    ),
    "iterated_dpo": TrainerWords(
        _("Iterated DPO"),
        _("Samples, ranks by a reward model and learns from the ranking, in rounds."),
    ),
    "ppo": TrainerWords(
        _("Reinforcement learning (PPO)"),
        _("Samples, rewards, and learns from it with a critic, near where it started."),
    ),
    "soup": TrainerWords(
        _("Mixture of policies (reward soup)"),
        _("Mixes the weights of policies trained for different criteria, and keeps one."),
    ),
    "grpo": TrainerWords(
        _("Reinforcement learning in groups (GRPO)"),
        _("Samples several responses per prompt, and learns from those that earn more."),
    ),
    "rloo": TrainerWords(
        _("Reinforcement learning, leave one out (RLOO)"),
        _("Samples several responses per prompt, each measured by the mean of the others."),
    ),
    "generate": TrainerWords(
        _("Generate responses"),
        _("Samples responses of a model or checkpoint to the prompts of a dataset."),
    ),
    "evaluate": TrainerWords(
        _("Evaluate on held-out pairs"),
        _("Measures how often a model agrees with held-out preferences, with baselines."),
    ),
    "solve": TrainerWords(
        _("Solve problems"),
        _("Measures how many problems with known answers a model solves, beside another model."),
    ),
    "score": TrainerWords(
        _("Score open items"),
        _("Scores the responses of open items, so that the most uncertain come first."),
    ),
    "export": TrainerWords(
        _("Export a model"),
        _("Writes a checkpoint as one plain model for others: safetensors or GGUF."),
    ),
}
