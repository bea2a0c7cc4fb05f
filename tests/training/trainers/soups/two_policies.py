"""Two policies on one base and two judges, tiny and made at random."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from training.trainers.models.adapters import prepare_training
from training.trainers.models.model_loading import load_policy
from training.trainers.models.saving import save_checkpoint, write_model


def make_adapters(base: Path, folder: Path, seed: int) -> Path:
    """Low-rank adapters of rank 4 that change what the base says."""
    loaded = load_policy(str(base))
    model = prepare_training(
        loaded.model, tuning="lora", rank=4, alpha=8.0, targets="all-linear", freeze_fraction=0.0,
        reward_head=False,
    )  # fmt: skip
    generator = torch.Generator().manual_seed(seed)
    for name, weight in model.named_parameters():
        if "lora_" in name:
            weight.data = torch.randn(weight.shape, generator=generator) * 0.05
    folder.mkdir(parents=True)
    about = {"kind": "policy", "starting_model": str(base), "base_model": str(base)}
    save_checkpoint(folder, model=model, tokenizer=loaded.tokenizer, base=str(base), about=about)
    return folder


def make_full(base: Path, folder: Path, seed: int) -> Path:
    """All weights of the base, a little moved."""
    loaded = load_policy(str(base))
    generator = torch.Generator().manual_seed(seed)
    for weight in loaded.model.parameters():
        weight.data += 0.02 * weight.abs().mean() * torch.randn(weight.shape, generator=generator)
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_model(loaded, folder, about={"kind": "policy", "starting_model": str(base)})
    return folder


def make_judge(base: Path, folder: Path, heads: list[str], seed: int) -> Path:
    """A reward model of random heads."""
    model = AutoModelForSequenceClassification.from_pretrained(
        base, num_labels=len(heads), id2label=dict(enumerate(heads))
    )
    model.score.weight.data.normal_(std=2.0, generator=torch.Generator().manual_seed(seed))
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder
