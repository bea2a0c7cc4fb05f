"""What trainers ask that are watched while a policy learns from rewards."""

from __future__ import annotations

from dataclasses import dataclass

from training.trainers.config_fields import TrainerConfig, option


@dataclass(frozen=True, kw_only=True)
class WatchedConfig(TrainerConfig):
    """How the policy is measured meanwhile, which checkpoint is the best, and what ends a run."""

    kl_budget: float = option(
        20.0,
        "How far the best checkpoint may be from the start: KL per response in nats on held-out"
        " prompts; 0 sets no limit, and then the highest held-out reward is the best.",
        minimum=0,
        group="evaluation",
    )
    on_alarm: str = option(
        "tell",
        "What happens when the policy collapses (entropy, length, repetition, a reward that rises"
        " while the unseen one falls): tell shows it, stop also ends the run with a checkpoint.",
        choices=("tell", "stop"),
        group="evaluation",
    )
    evaluation_prompts: int = option(
        64,
        "Held-out prompts answered at every evaluation, each time with the same random numbers; 0"
        " takes all.",
        minimum=0,
        group="evaluation",
    )
    samples: int = option(
        4,
        "How many of those answers are kept at every evaluation, to be read as they change.",
        minimum=0,
        maximum=64,
        group="evaluation",
    )
