"""TRL's side of the benchmark `dpo`: its DPOTrainer, set up for a CPU as its guide says.

In fp32 and without gradient checkpointing, whose defaults are meant for big models on a GPU and
would cost it time here. Padding-free batches are switched off by TRL itself in this version; all
rows are equally long anyway.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback, TrainerCallback
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from bench.dpo_side import BETA, RANK, SEED, Case, Pair, Turns, pairs_of, same_adapters
from training.trainers.models.default_model import default_model

COLUMNS = ("prompt_ids", "chosen_ids", "rejected_ids")


class Overheard(DPOTrainer):
    """The trainer, given tokens; its losses are kept before its log rounds them."""

    last_loss = 0.0

    def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
        return dataset

    def _compute_loss(self, *given: Any) -> Any:
        value = super()._compute_loss(*given)  # type: ignore[no-untyped-call]
        self.last_loss = float(value.detach())
        return value


class OneByOne(TrainerCallback):
    """A step at a time. Batches are fetched outside of what is timed."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.trainer: Overheard | None = None
        self.began = 0.0

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Wait for one's turn."""
        self.began = self.turns.wait()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Say that it is done."""
        self.turns.done(self.began, self.trainer.last_loss if self.trainer else 0.0)


def train(case: Case, folder: Path, turns: Turns) -> None:
    """Do the trainer's steps when they are asked for."""
    source = str(default_model())
    tokenizer = AutoTokenizer.from_pretrained(source)
    model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32)
    one_by_one = OneByOne(turns)
    began = time.perf_counter()
    trainer = Overheard(
        model=model,
        args=_settings(case, folder),
        train_dataset=_in_order(pairs_of(tokenizer, case), case),
        processing_class=tokenizer,
        peft_config=_adapters() if case.tuning == "lora" else None,
        callbacks=[one_by_one],
    )
    if case.tuning == "lora":
        same_adapters(trainer.model)
    trainer.remove_callback(PrinterCallback)
    one_by_one.trainer = trainer
    turns.ready(reference_seconds=time.perf_counter() - began)
    trainer.train()


def _in_order(pairs: list[Pair], case: Case) -> Dataset:
    """The pairs in the order in which our trainer takes them."""
    rows = [pairs[number] for numbers in case.batches() for number in numbers]
    return Dataset.from_list([dict(zip(COLUMNS, row, strict=True)) for row in rows])


def _settings(case: Case, folder: Path) -> DPOConfig:
    return DPOConfig(
        output_dir=str(folder), per_device_train_batch_size=case.pairs, max_steps=case.steps,
        learning_rate=case.learning_rate, lr_scheduler_type="linear", warmup_steps=0, beta=BETA,
        weight_decay=0.0, max_grad_norm=1.0, precompute_ref_log_probs=True, bf16=False,
        gradient_checkpointing=False, max_length=None, train_sampling_strategy="sequential",
        save_strategy="no", report_to="none", disable_tqdm=True, seed=SEED,
        use_cpu=case.device == "cpu", dataloader_pin_memory=case.device != "cpu",
    )  # fmt: skip


def _adapters() -> LoraConfig:
    return LoraConfig(
        r=RANK, lora_alpha=2 * RANK, lora_dropout=0.0, target_modules="all-linear",
        task_type="CAUSAL_LM",
    )  # fmt: skip
