"""A pad token that is not the end token, so that no loss or score ever confuses the two."""

from __future__ import annotations

import re
from typing import Any


def choose_pad(tokenizer: Any, model: Any) -> str | None:
    """Make the pad token distinct from the end token, in tokenizer and model alike.

    Takes a token the vocabulary already has (its pad, unknown or reserved one) and only then adds
    one. Returns what now differs from the model on disk: None, "config" or "vocabulary".
    """
    grown = None
    ends = {tokenizer.eos_token_id, tokenizer.bos_token_id}
    if tokenizer.pad_token_id is None or tokenizer.pad_token_id in ends:
        spare = [t for t in _spare_tokens(tokenizer) if t not in ends]
        if spare:
            tokenizer.pad_token = tokenizer.convert_ids_to_tokens(spare[0])
        else:
            tokenizer.add_special_tokens({"pad_token": "<|pad|>"})
    if len(tokenizer) > model.get_input_embeddings().num_embeddings:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
        grown = "vocabulary"
    changed = grown or ("config" if model.config.pad_token_id != tokenizer.pad_token_id else None)
    model.config.pad_token_id = tokenizer.pad_token_id
    if getattr(model, "generation_config", None) is not None:
        model.generation_config.pad_token_id = tokenizer.pad_token_id
    return changed


def _spare_tokens(tokenizer: Any) -> list[int]:
    """Special tokens that no text of a conversation can end in: pad, unknown, reserved ones."""
    named = {t.content: i for i, t in tokenizer.added_tokens_decoder.items() if t.special}
    likely = [i for text, i in named.items() if re.search(r"pad|reserved|unused", text.lower())]
    unknown = [] if tokenizer.unk_token_id is None else [tokenizer.unk_token_id]
    return [*likely, *unknown]
