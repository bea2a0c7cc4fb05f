"""A GPT-2 of few positions, beyond the last of which it cannot compute anything."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import (
    AutoTokenizer,
    GPT2Config,
    GPT2ForSequenceClassification,
    GPT2LMHeadModel,
)


def make_short_model(tiny: Path, folder: Path, positions: int, *, reward: bool = False) -> Path:
    """Write one with the tokenizer of ``tiny``: a policy, or a reward model of one head."""
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    config = GPT2Config(
        vocab_size=len(tokenizer), n_embd=32, n_layer=1, n_head=2, n_positions=positions,
        num_labels=1, pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = (GPT2ForSequenceClassification if reward else GPT2LMHeadModel)(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
