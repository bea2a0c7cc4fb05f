"""Tiny random models of the families whose rows must be exact, and two prompts with responses."""

from __future__ import annotations

from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    MistralConfig,
    Qwen2Config,
    Qwen3Config,
)

from training.trainers.models.adapters import prepare_training

SMALL = {
    "vocab_size": 97, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4,
    "intermediate_size": 48, "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2,
    "pad_token_id": 3,
}  # fmt: skip
GROUPED = SMALL | {"num_key_value_heads": 2}
CONFIGS: dict[str, Any] = {
    "llama": LlamaConfig(**GROUPED),
    "qwen2": Qwen2Config(**GROUPED),
    "qwen3": Qwen3Config(**GROUPED, head_dim=8),
    "mistral": MistralConfig(**GROUPED, sliding_window=None),
    "gpt_neox": GPTNeoXConfig(**SMALL),
    "gpt2": GPT2Config(
        vocab_size=97, n_embd=32, n_layer=3, n_head=4, n_positions=64, bos_token_id=1,
        eos_token_id=2, pad_token_id=3,
    ),
}  # fmt: skip

PROMPTS = [list(range(10, 19)), list(range(30, 34))]
RESPONSES = [
    [[40, 41, 42, 2], [43, 2], [44, 45, 46, 47, 48, 2]],
    [[50, 2], [51, 52, 53, 2]],
]


def made(name: str, *, head: Any = AutoModelForCausalLM, dtype: Any = torch.float32) -> Any:
    """A model on plain SDPA; larger weights than usual, so that attention is far from uniform."""
    torch.manual_seed(0)
    model = head.from_config(CONFIGS[name], attn_implementation="sdpa").eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(4)
    return model.to(dtype)


def prepared(model: Any, **changes: Any) -> Any:
    """The model made ready for training; adapters get weights, as if they had learned."""
    values = {
        "tuning": "lora", "rank": 4, "alpha": 8.0, "targets": "all-linear",
        "freeze_fraction": 0.0, "reward_head": False,
    }  # fmt: skip
    model = prepare_training(model, **(values | changes))
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "lora_B" in key:
                parameter.normal_(std=0.05)
    return model
