"""Which models may share, and what is said of the others."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    BloomConfig,
    FalconConfig,
    Gemma2Config,
    Gemma3TextConfig,
    GPTNeoConfig,
    MambaConfig,
    MistralConfig,
    Qwen2Config,
)

from tests.training.trainers.shared_prompt.small_models import CONFIGS, GROUPED, made, prepared
from training.trainers.shared_prompt import inner_model, why_not_shared
from training.trainers.shared_prompt.attention import SHARED_ATTENTION, attention_of

MIXED = ["sliding_attention", "full_attention", "sliding_attention"]


def of_config(config: Any) -> Any:
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(config).eval()


@pytest.mark.parametrize("name", CONFIGS)
def test_these_models_share_and_skip_what_is_masked(name: str) -> None:
    model = made(name)
    assert why_not_shared(model, 40) is None
    assert attention_of(model) == SHARED_ATTENTION
    assert why_not_shared(model, 40) is None


def test_adapters_and_bf16_share() -> None:
    model = prepared(made("llama", dtype=torch.bfloat16))
    assert why_not_shared(model, 40) is None
    assert attention_of(inner_model(model)) == SHARED_ATTENTION


def test_a_window_shorter_than_the_row_is_named() -> None:
    model = of_config(MistralConfig(**GROUPED, sliding_window=16))
    assert why_not_shared(model, 16) is None
    reason = why_not_shared(model, 17)
    assert reason == "its attention window of 16 tokens is shorter than a row of 17"


@pytest.mark.parametrize(
    ("config", "window"),
    [
        (Qwen2Config(**GROUPED, sliding_window=16, use_sliding_window=False), None),
        (
            Qwen2Config(**GROUPED, sliding_window=16, use_sliding_window=True, max_window_layers=2),
            16,
        ),
        (Gemma2Config(**GROUPED, head_dim=8, sliding_window=16), 16),
        (Gemma3TextConfig(**GROUPED, head_dim=8, sliding_window=16, layer_types=MIXED), 16),
    ],
    ids=["qwen without", "qwen above", "gemma 2", "gemma 3"],
)
def test_layers_that_mix_windows_and_full_attention(config: Any, window: int | None) -> None:
    model = of_config(config)
    assert why_not_shared(model, 16) is None
    reason = why_not_shared(model, 17)
    assert (reason is None) == (window is None), reason


def test_recurrent_layers_are_named() -> None:
    model = of_config(MambaConfig(vocab_size=97, hidden_size=16, num_hidden_layers=2, state_size=4))
    reason = why_not_shared(model, 10)
    assert str(reason).endswith("carry a state along the row")


@pytest.mark.parametrize(
    "config",
    [
        BloomConfig(vocab_size=97, hidden_size=32, n_layer=2, n_head=4),
        FalconConfig(
            vocab_size=97, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, alibi=True
        ),
    ],
    ids=["bloom", "falcon"],
)
def test_distances_along_the_row_are_named(config: Any) -> None:
    assert why_not_shared(of_config(config), 10) == (
        "its attention counts distances along the row (ALiBi)"
    )


def test_local_layers_are_named() -> None:
    config = GPTNeoConfig(
        vocab_size=97, hidden_size=32, num_layers=2, num_heads=4, max_position_embeddings=64,
        attention_types=[[["global", "local"], 1]], window_size=16,
    )  # fmt: skip
    assert "masks of their own" in str(why_not_shared(of_config(config), 10))


def test_a_gap_on_the_probe_is_told() -> None:
    model = made("gpt2")
    # Positions by place in the row, whatever the position ids say.
    model.transformer.wpe.forward = lambda ids: torch.nn.functional.embedding(
        torch.arange(ids.shape[1]).expand(ids.shape), model.transformer.wpe.weight
    )
    assert "both layouts differ by" in str(why_not_shared(model, 10))
    assert attention_of(model) == "sdpa"
