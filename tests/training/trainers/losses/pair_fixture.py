"""Pairs with known numbers, and TRL's own losses on given log-probabilities."""

from __future__ import annotations

import contextlib
import math
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from training.trainers.losses.pairs import LossOptions, PairLogps

OPTIONS = LossOptions(
    beta=0.5, label_smoothing=0.1, alpha=0.5, target_margin=0.3, sft_weight=2.0, dpop_lambda=5.0,
    tie_share=0.5,
)  # fmt: skip


def one_pair(**changes: float) -> PairLogps:
    """ratio_w = -1, ratio_l = -3, mean log p_w = -2, mean log p_l = -4."""
    values = {
        "chosen": -8.0, "rejected": -8.0, "ref_chosen": -7.0, "ref_rejected": -5.0,
        "chosen_length": 4.0, "rejected_length": 2.0, "margin": 0.0,
    } | changes  # fmt: skip
    return PairLogps(**{name: torch.tensor([value]) for name, value in values.items()})


def random_pairs(*, count: int = 6, length: bool = True) -> PairLogps:
    """Pairs of several tokens each, or of one token with ``length=False``."""
    generator = torch.Generator().manual_seed(3)

    def draw() -> Tensor:
        return -torch.rand(count, generator=generator) * 20 - 0.5

    lengths = [torch.randint(3, 9, (count,), generator=generator).float() for _ in range(2)]
    if not length:
        lengths = [torch.ones(count), torch.ones(count)]
    return PairLogps(
        chosen=draw(), rejected=draw(), ref_chosen=draw(), ref_rejected=draw(),
        chosen_length=lengths[0], rejected_length=lengths[1], margin=torch.zeros(count),
    )  # fmt: skip


def minus_log_sigmoid(x: float) -> float:
    """By the definition, for numbers near 0."""
    return math.log1p(math.exp(-x))


class Passing:
    """Stands in for a trainer's accelerator: hands back what it was given."""

    device = torch.device("cpu")

    def gather(self, x: Tensor) -> Tensor:
        return x

    gather_for_metrics = gather

    def autocast(self) -> Any:
        return contextlib.nullcontext()


def trl_dpo_loss(pairs: PairLogps, loss_type: str, divergence: str = "reverse_kl") -> float:
    """TRL's DPO loss on given log-probabilities, spread evenly over the tokens."""
    from trl import DPOTrainer

    lengths = torch.cat([pairs.chosen_length, pairs.rejected_length]).long()
    width = int(lengths.max())
    mask = (torch.arange(width)[None] < lengths[:, None]).long()
    completion_mask = torch.cat([torch.zeros(len(lengths), 1, dtype=torch.long), mask], dim=1)
    per_token = mask * (torch.cat([pairs.chosen, pairs.rejected]) / lengths)[:, None]
    filler = torch.zeros_like(per_token)
    outputs = SimpleNamespace(
        log_probs=per_token, entropy=filler, mean_logits=filler, is_top1=filler.bool(),
        log_sum_sq_probs=filler,
    )  # fmt: skip
    trainer = SimpleNamespace(
        model=SimpleNamespace(training=True), accelerator=Passing(), aux_loss_enabled=False,
        ld_alpha=None, precompute_ref_logps=True, f_divergence_type=divergence,
        f_alpha_divergence_coef=1 - OPTIONS.alpha, loss_types=[loss_type], loss_weights=[1.0],
        beta=OPTIONS.beta, label_smoothing=OPTIONS.label_smoothing, use_weighting=False,
        _metrics={"train": defaultdict(list)}, _total_train_tokens=0, _tp_size=1,
    )  # fmt: skip
    inputs = {
        "input_ids": torch.zeros_like(completion_mask),
        "attention_mask": torch.ones_like(completion_mask),
        "completion_mask": completion_mask,
        "ref_chosen_logps": pairs.ref_chosen,
        "ref_rejected_logps": pairs.ref_rejected,
    }
    return float(DPOTrainer._compute_loss(trainer, lambda **_: outputs, inputs, False))


def trl_cpo_loss(chosen: Tensor, rejected: Tensor, **settings: Any) -> Tensor:
    """TRL's CPO loss [P] of log-probabilities, without its likelihood term."""
    from trl.experimental.cpo import CPOTrainer

    given = {"alpha": 0.0, "beta": OPTIONS.beta, "label_smoothing": 0.0, "simpo_gamma": 0.0}
    trainer = SimpleNamespace(accelerator=Passing(), **given | settings)
    losses: Tensor = CPOTrainer.cpo_loss(trainer, chosen, rejected)[0]
    return losses
