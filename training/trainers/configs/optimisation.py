"""What the trainers that change weights share, and those among them that learn from comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from training.trainers.config_fields import ConfigError, option
from training.trainers.configs.machine import MachineConfig
from training.trainers.loop.reporters import reporter_names, require_packages


@dataclass(frozen=True, kw_only=True)
class OptimisationConfig(MachineConfig):
    """What the trainers that change weights share."""

    can_check: ClassVar[bool] = True

    dataset: str = option("", "The dataset directory to train on.", is_file=True)
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
        "Share of the layers, from the bottom, that stays frozen; they are computed once for the"
        " whole data set and what comes out of them is kept in the run.",
        minimum=0,
        maximum=1,
        group="model",
    )
    gradient_checkpointing: bool = option(
        False,
        "Compute activations again in the backward pass instead of keeping them: the same numbers,"
        " about a third slower, in much less memory.",
        group="machine",
    )
    max_length: int = option(
        1024,
        "Tokens a prompt with one response may have; longer records are left out and counted,"
        " never cut.",
        minimum=8,
    )
    chat_template: str = option(
        "own",
        "own is the model's chat template, without which it is refused; plain writes User and"
        " Assistant lines, for base models that have none.",
        choices=("own", "plain"),
        group="model",
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
    report_to: str = option(
        "",
        "Where the figures go besides the run's own files: tensorboard, wandb or mlflow, several"
        " with commas; each needs its package.",
        group="evaluation",
    )

    @property
    def longest(self) -> int:
        """Tokens a prompt with one response may have."""
        return self.max_length

    def check(self) -> None:
        super().check()
        self.check_inputs()
        reporter_names(self.report_to)

    def check_inputs(self) -> None:
        """Raise ConfigError where nothing is named to train on."""
        if not self.dataset:
            raise ConfigError("dataset is empty: name the dataset directory to train on.")

    def check_machine(self) -> None:
        super().check_machine()
        require_packages(self.report_to)


@dataclass(frozen=True, kw_only=True)
class ComparisonConfig(OptimisationConfig):
    """What the trainers that learn from comparisons share: how labels count."""

    label_weights: str = option(
        "soft",
        "soft weighs each comparison by the probability that its label is right and pulls the other"
        " way by the rest, posterior only weighs, equal trusts every label alike. A whole order has"
        " no other way.",
        choices=("soft", "posterior", "equal"),
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
    held_out_labelers: float = option(
        0.0,
        "Labelers whose judgments are kept out of training, to measure the model on people it never"
        " learned from: below 1 a share of them, from 1 on that many; 0 trains on everybody.",
        minimum=0,
        maximum=10000,
        group="evaluation",
    )
    labeler_fold: int = option(
        0,
        "Which group of that size is held out, from 0: with a fifth held out, the five runs of the"
        " folds 0 to 4 hold out everybody once.",
        minimum=0,
        maximum=9999,
        group="evaluation",
    )

    def check(self) -> None:
        super().check()
        if self.labeler_fold and not self.held_out_labelers:
            raise ConfigError(
                f"labeler_fold is {self.labeler_fold}, but held_out_labelers holds out nobody: set"
                " it, or leave labeler_fold out."
            )
