"""TRL's own losses, one batch of ours at a time: its SFTTrainer and KTOTrainer as functions.

TRL makes batches of tokens and computes the loss with its fused head; `training_loop` steps, stops
and resumes as for every other trainer. TRL's own loop, checkpoints (pickles) and telemetry are not
used, nor does it tokenize: a token boundary here is one that sampling meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from trl.trainer.kto_config import KTOConfig
from trl.trainer.kto_trainer import KTOTrainer
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling, SFTTrainer

from training.trainers.configs import KTO_LOSSES, KtoConfig
from training.trainers.data.record_datasets import Example
from training.trainers.data.single_responses import JudgedExample
from training.trainers.loop.starting import Start
from training.trainers.policies.trl_trainer import OfOurBatches, made, options
from training.trainers.shared_prompt import inner_model

IGNORED = -100
"""The label of a token that teaches nothing."""

PACKING_TOLERANCE = {torch.float32: 1e-4, torch.bfloat16: 0.01, torch.float16: 0.01}
"""By how much of itself the loss of a packed row may differ."""


class _Sft(OfOurBatches, SFTTrainer):
    """TRL's SFTTrainer, fed by us."""


class _Kto(OfOurBatches, KTOTrainer):
    """TRL's KTOTrainer, fed by us."""


class SftLoss:
    """Completion-only likelihood: TRL's loss "nll", summed over response tokens."""

    def __init__(self, start: Start, folder: Path, *, packing: bool) -> None:
        self.packed = packing
        self.model = inner_model(start.model)
        arguments = SFTConfig(**options(start, folder), max_length=None, router_aux_loss_coef=0.0)
        self._trainer = made(_Sft, start, arguments, {"input_ids": [0, 0], "labels": [0, 0]})
        pad = start.tokenizer.pad_token_id
        self._collate = {
            packed: DataCollatorForLanguageModeling(pad_token_id=pad, padding_free=packed)
            for packed in (False, True)
        }

    def __call__(
        self, batch: Sequence[Example], *, packed: bool | None = None
    ) -> tuple[Tensor, dict[str, float]]:
        """Negative log-likelihood summed over the batch's response tokens, and TRL's means."""
        rows = [
            {
                "input_ids": example.prompt + example.responses[0],
                "labels": [IGNORED] * len(example.prompt) + example.responses[0],
            }
            for example in batch
        ]
        collate = self._collate[self.packed if packed is None else packed]
        inputs = self._trainer._prepare_inputs(collate(rows))
        loss: Tensor = self._trainer.compute_loss(self.model, inputs, num_items_in_batch=1)
        return loss, self._trainer.figures()

    @torch.no_grad()
    def settle_packing(self, probe: Sequence[Example]) -> str | None:
        """Why packed rows would not be exact for this model, or None where they are.

        Compares both layouts on a few examples; packed rows are used only where they agree.
        """
        if not self.packed:
            return None
        reason = None
        try:
            padded, packed = (float(self(probe, packed=way)[0]) for way in (False, True))
        except (TypeError, ValueError, RuntimeError, IndexError) as error:
            reason = f"the model does not take several responses in one row ({error})"
        else:
            gap = abs(padded - packed) / max(1.0, abs(padded))
            if not gap <= PACKING_TOLERANCE.get(self.model.dtype, 1e-4):
                reason = f"the losses of padded and of packed rows differ by {gap:.2g}"
        self.packed = reason is None
        return reason


class KtoLoss:
    """TRL's KTO losses, each response weighed by how sure its label is."""

    def __init__(self, start: Start, folder: Path, config: KtoConfig, good_share: float) -> None:
        self.model = inner_model(start.model)
        self.config = config
        self.good_weight, self.bad_weight = balanced_weights(config, good_share)
        arguments = KTOConfig(
            **options(start, folder),
            max_length=None,
            loss_type=KTO_LOSSES[config.loss],
            beta=config.beta,
            precompute_ref_log_probs=True,
            router_aux_loss_coef=0.0,
        )
        row = {"prompt_ids": [0], "completion_ids": [0], "KL_completion_ids": [0], "label": True}
        self.trainer = made(_Kto, start, arguments, row)

    def __call__(
        self, batch: Sequence[JudgedExample], reference: Tensor
    ) -> tuple[Tensor, dict[str, float]]:
        """The mean loss of the batch's responses, and TRL's figures.

        ``reference`` [B, 2] holds the reference's log-probabilities of each response and of the
        other one that measures the drift.
        """
        rows = [
            {
                "prompt_ids": example.prompt,
                "completion_ids": example.responses[0],
                "KL_completion_ids": example.other,
                "label": example.good,
                "ref_logps": float(own),
                "ref_KL_logps": float(other),
            }
            for example, (own, other) in zip(batch, reference.tolist(), strict=True)
        ]
        trainer = self.trainer
        inputs = trainer._prepare_inputs(trainer.data_collator(rows))
        # TRL multiplies the losses of good and of bad responses, in the batch's order, by these:
        # as tensors they are weights of single responses.
        trainer.desirable_weight = self._weights(batch, good=True)
        trainer.undesirable_weight = self._weights(batch, good=False)
        loss: Tensor = trainer.compute_loss(self.model, inputs)
        return loss, trainer.figures()

    def _weights(self, batch: Sequence[JudgedExample], *, good: bool) -> Tensor:
        side = self.good_weight if good else self.bad_weight
        sure = self.config.label_weights == "posterior"
        values = [side * (e.weight if sure else 1.0) for e in batch if e.good == good]
        return torch.tensor(values, device=self.model.device)


def balanced_weights(config: KtoConfig, good_share: float) -> tuple[float, float]:
    """Weights of good and bad responses; an unset one makes both sides weigh alike.

    KTO 2402.01306 section 4.2 wants their ratio, times the ratio of their numbers, within 1 and
    4 / 3. ``good_share`` is the share of good responses.
    """
    if config.good_weight or not 0 < good_share < 1:
        return config.good_weight or 1.0, config.bad_weight
    return config.bad_weight * (1 - good_share) / good_share, config.bad_weight
