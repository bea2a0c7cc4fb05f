"""Settings of `training.trainers.ppo`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.rewards import RewardedConfig

DIVERGENCES = ("k1", "reverse_kl", "forward_kl", "js", "alpha")


@dataclass(frozen=True, kw_only=True)
class PpoConfig(RewardedConfig):
    """Settings of `ppo`."""

    trainer: ClassVar[str] = "ppo"

    evaluate_every: int = option(
        10,
        "Steps between evaluations on held-out prompts; 0 evaluates before and after only.",
        minimum=0,
        group="evaluation",
    )
    checkpoint_every: int = option(
        5, "Steps between checkpoints: what a crash can cost.", minimum=1, group="evaluation"
    )
    n: int = option(1, "Responses per prompt.", minimum=1, maximum=256)
    update_epochs: int = option(
        4, "Passes over a step's responses before new ones are sampled.", minimum=1, maximum=100
    )
    learning_rate: float = option(
        3e-5,
        "Peak learning rate of the policy: about 3e-5 with lora and 1e-6 in full.",
        minimum=0,
        maximum=1,
        group="optimisation",
    )
    critic_learning_rate: float = option(
        0.0,
        "Peak learning rate of the critic; 0 takes three times learning_rate.",
        minimum=0,
        maximum=1,
        group="optimisation",
    )
    critic_start: str = option(
        "auto",
        "What the critic begins as: the reward model or the policy under a head of zeros; auto"
        " takes the reward model where it reads the policy's own tokens on the policy's backbone.",
        choices=("auto", "reward_model", "policy"),
        group="model",
    )
    frozen_models: str = option(
        "device",
        "Where full tuning keeps what never learns: device beside the policy, cpu, or int8 with"
        " weights of 8 bit.",
        choices=("device", "cpu", "int8"),
        group="machine",
    )
    critic_warmup_steps: int = option(
        0, "Steps at the beginning in which only the critic learns.", minimum=0
    )
    kl_coefficient: float = option(
        0.05, "Strength of the pull towards the start (beta).", minimum=0, maximum=100
    )
    kl_control: str = option(
        "fixed",
        "fixed keeps kl_coefficient, adaptive moves it so that the KL comes to kl_target.",
        choices=("fixed", "adaptive"),
    )
    kl_target: float = option(
        6.0, "KL per response in nats that adaptive steers to.", minimum=1e-6, maximum=1e6
    )
    kl_horizon: int = option(
        10000, "Responses over which adaptive corrects: fewer react faster.", minimum=1
    )
    divergence: str = option(
        "k1",
        "What pulls towards the start: k1 is the log-ratio of the tokens drawn, the others compare"
        " the distributions over the whole vocabulary.",
        choices=DIVERGENCES,
    )
    alpha: float = option(
        0.5,
        "Order of the divergence alpha.",
        minimum=0.001,
        maximum=0.999,
        group="optimisation",
    )
    kl_limit: float = option(
        200.0,
        "The run ends with an error where a step's KL per response passes this, in nats; 0 sets no"
        " limit.",
        minimum=0,
    )
    clip_range: float = option(
        0.2,
        "How far the probability of a token may move in a step before it stops counting.",
        minimum=0.001,
        maximum=10,
        group="optimisation",
    )
    value_clip_range: float = option(
        0.2,
        "How far the critic's values may move in a step; 0 lets them.",
        minimum=0,
        maximum=1000,
        group="optimisation",
    )
    gamma: float = option(
        1.0,
        "What a reward one token later is worth.",
        minimum=0,
        maximum=1,
        group="optimisation",
    )
    gae_lambda: float = option(
        0.95,
        "Between trust in the critic (0) and in the rewards themselves (1).",
        minimum=0,
        maximum=1,
        group="optimisation",
    )
    whiten_advantages: bool = option(
        True,
        "Give the advantages of a step mean 0 and variance 1.",
        group="optimisation",
    )
    whiten_rewards: bool = option(
        False,
        "Give the rewards per token of a step variance 1, with the mean they have.",
        group="optimisation",
    )
    reward_normalisation: str = option(
        "none",
        "scale divides scores by their running deviation, moments takes off their running mean"
        " before.",
        choices=("none", "scale", "moments"),
    )
    reward_clip: float = option(
        0.0, "Scores are cut to this on both sides, last of all; 0 leaves them.", minimum=0
    )
    target_kl: float = option(
        0.0,
        "The policy rests for the remainder of a step once it has moved this far in it, in nats"
        " per token; 0 never rests.",
        minimum=0,
        group="optimisation",
    )
    entropy_coefficient: float = option(
        0.0,
        "Bonus for a varied distribution over next tokens.",
        minimum=0,
        maximum=10,
        group="optimisation",
    )
    ptx_coefficient: float = option(
        0.0,
        "Weight of the plain likelihood of ptx_data, which keeps abilities (PPO-ptx); 0 leaves it"
        " out.",
        minimum=0,
        maximum=1000,
    )
    ptx_data: str = option(
        "",
        "What ptx_coefficient imitates: a dataset directory (demonstrations, else the best"
        " responses), or a text file, .txt or .jsonl with text fields.",
        is_file=True,
    )
    ptx_batch_size: int = option(
        8, "Rows of ptx_data per optimiser step.", minimum=1, maximum=4096, group="optimisation"
    )
    ptx_length: int = option(
        256, "Tokens a row of ptx_data may have.", minimum=8, maximum=131072, group="optimisation"
    )

    @property
    def several_processes(self) -> bool:
        """Whether several processes may train such a run together."""
        return True

    @property
    def critic_rate(self) -> float:
        """The critic's peak learning rate."""
        return self.critic_learning_rate or 3 * self.learning_rate

    def check(self) -> None:
        super().check()
        if bool(self.ptx_coefficient) != bool(self.ptx_data):
            raise ConfigError(
                "ptx_coefficient and ptx_data go together: give both, or leave both out."
            )
        if self.critic_start == "reward_model" and not self.reward_model:
            raise ConfigError(
                "critic_start is reward_model but reward_model is empty: name one, or take policy."
            )
