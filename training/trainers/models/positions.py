"""How long a sequence may be: what is asked for, within the positions that a model has."""

from __future__ import annotations

from typing import Any

from training.trainers.shared_prompt import inner_model


def within_positions(model: Any, tokens: int) -> int:
    """``tokens``, or the model's number of positions where that is smaller.

    Models with learned positions, such as GPT-2, cannot compute anything beyond their last one.
    """
    config = inner_model(model).config.get_text_config()
    return min(tokens, getattr(config, "max_position_embeddings", None) or tokens)
