"""The pad is never the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

from training.trainers.models.pad_token import choose_pad


def gpt2(tiny: Path) -> tuple[Any, Any]:
    """GPT-2's habit: one token begins, ends and pads."""
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    tokenizer.pad_token = tokenizer.bos_token = tokenizer.eos_token
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(tokenizer), n_embd=16, n_layer=1, n_head=2, n_positions=32,
            pad_token_id=tokenizer.eos_token_id,
        )
    )  # fmt: skip
    return model, tokenizer


def test_a_reserved_token_becomes_the_pad(tiny: Path) -> None:
    model, tokenizer = gpt2(tiny)
    assert choose_pad(tokenizer, model) == "config"
    assert tokenizer.pad_token == "<|pad|>"
    assert model.config.pad_token_id == tokenizer.pad_token_id != tokenizer.eos_token_id
