"""Lengths are those that are asked for, within what the model can compute."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from transformers import GPT2Config, LlamaConfig

from training.trainers.models.positions import within_positions


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (GPT2Config(n_positions=16), 16),
        (LlamaConfig(max_position_embeddings=4096), 100),
        (SimpleNamespace(get_text_config=SimpleNamespace), 100),
    ],
)
def test_a_model_without_a_last_position_has_no_limit(config: Any, expected: int) -> None:
    assert within_positions(SimpleNamespace(config=config), 100) == expected
