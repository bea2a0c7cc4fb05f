"""Rows of several responses give the numbers and gradients of separate rows, model by model."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    MistralConfig,
    Qwen2Config,
)

from training.trainers.adapters import prepare_training
from training.trainers.shared_prompt import (
    hidden_states,
    inner_model,
    lay_out,
    response_logps,
    response_scores,
    why_not_shared,
)

SMALL = {
    "vocab_size": 97, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4,
    "intermediate_size": 48, "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2,
    "pad_token_id": 3,
}  # fmt: skip
GROUPED = SMALL | {"num_key_value_heads": 2}
CONFIGS = {
    "llama": LlamaConfig(**GROUPED),
    "qwen2": Qwen2Config(**GROUPED),
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


def made(name: str, *, lora: bool = False, head: Any = AutoModelForCausalLM) -> Any:
    torch.manual_seed(0)
    model = head.from_config(CONFIGS[name], attn_implementation="sdpa").eval()
    # Larger than the usual start, so that attention is far from uniform.
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(4)
    if not lora:
        return model
    model = prepare_training(
        model, tuning="lora", rank=4, alpha=8, targets="all-linear", freeze_fraction=0,
        reward_head=False,
    )  # fmt: skip
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "lora_B" in key:
                parameter.normal_(std=0.05)
    return model


def computed(model: Any, *, shared: bool, side: str) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Hidden states at response tokens, log-probabilities, and gradients of a loss on them."""
    model.zero_grad()
    batch = lay_out(PROMPTS, RESPONSES, pad_id=3, shared=shared, padding_side=side)
    hidden = hidden_states(model, batch)[batch.sources]
    logps = response_logps(model, batch)
    (logps / batch.lengths).tanh().sum().backward()
    gradients = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
    return hidden.detach(), logps.detach(), {n: g.clone() for n, g in gradients.items()}


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
@pytest.mark.parametrize("name", CONFIGS)
def test_exact(name: str, lora: bool, side: str) -> None:
    model = made(name, lora=lora)
    naive_hidden, naive_logps, naive_gradients = computed(model, shared=False, side="right")
    hidden, logps, gradients = computed(model, shared=True, side=side)
    torch.testing.assert_close(hidden, naive_hidden, atol=2e-6, rtol=2e-6)
    torch.testing.assert_close(logps, naive_logps, atol=2e-6, rtol=2e-6)
    assert gradients.keys() == naive_gradients.keys()
    assert len(gradients) > 5
    for key, gradient in gradients.items():
        torch.testing.assert_close(gradient, naive_gradients[key], atol=4e-6, rtol=4e-6)


@pytest.mark.parametrize("name", CONFIGS)
def test_log_probabilities_are_those_of_the_models_own_forward(name: str) -> None:
    model = made(name)
    ours = response_logps(model, lay_out(PROMPTS, RESPONSES, pad_id=3))
    theirs = []
    for prompt, group in zip(PROMPTS, RESPONSES, strict=True):
        for response in group:
            ids = torch.tensor([prompt + response])
            logp = model(ids).logits.log_softmax(-1)[0, :-1].gather(1, ids[0, 1:, None])
            theirs.append(logp[len(prompt) - 1 :].sum())
    torch.testing.assert_close(ours, torch.stack(theirs), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", CONFIGS)
def test_scores_are_those_of_plain_sequence_classification(name: str) -> None:
    CONFIGS[name].num_labels = 1
    model = made(name, head=AutoModelForSequenceClassification)
    ours = response_scores(model, lay_out(PROMPTS, RESPONSES, pad_id=3))
    flat = [p + r for p, group in zip(PROMPTS, RESPONSES, strict=True) for r in group]
    width = max(map(len, flat))
    ids = torch.tensor([row + [3] * (width - len(row)) for row in flat])
    theirs = model(ids, attention_mask=(ids != 3).long()).logits.squeeze(-1)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_an_eager_model_gives_the_same_numbers() -> None:
    model = made("llama")
    batch = lay_out(PROMPTS, RESPONSES, pad_id=3)
    expected = response_logps(model, batch)
    model.set_attn_implementation("eager")
    torch.testing.assert_close(response_logps(model, batch), expected, atol=5e-6, rtol=5e-6)


def test_bf16_agrees_with_the_separate_rows() -> None:
    model = made("llama").bfloat16()
    shared, naive = (
        response_logps(model, lay_out(PROMPTS, RESPONSES, pad_id=3, shared=shared))
        for shared in (True, False)
    )
    torch.testing.assert_close(shared, naive, atol=0.5, rtol=0.02)
    assert why_not_shared(model, 20) is None


@pytest.mark.parametrize("name", CONFIGS)
def test_these_models_share(name: str) -> None:
    assert why_not_shared(made(name), 40) is None


def test_a_window_shorter_than_the_row_is_named() -> None:
    config = MistralConfig(**GROUPED, sliding_window=16)
    model = AutoModelForCausalLM.from_config(config).eval()
    assert why_not_shared(model, 16) is None
    reason = why_not_shared(model, 17)
    assert reason is not None
    assert "window of 16 tokens is shorter than a row of 17" in reason


def test_recurrent_layers_are_named() -> None:
    from transformers import MambaConfig

    config = MambaConfig(vocab_size=97, hidden_size=16, num_hidden_layers=2, state_size=4)
    model = AutoModelForCausalLM.from_config(config).eval()
    assert why_not_shared(model, 10) is not None


def test_a_model_with_distances_in_its_mask_falls_back() -> None:
    """BLOOM derives distances from the mask, not from position ids: the probe must see it."""
    from transformers import BloomConfig

    config = BloomConfig(vocab_size=97, hidden_size=32, n_layer=2, n_head=4)
    model = AutoModelForCausalLM.from_config(config).eval()
    assert why_not_shared(model, 10) is not None


def test_layout() -> None:
    batch = lay_out([[5, 6]], [[[7, 8], [9]]], pad_id=0)
    assert batch.input_ids.tolist() == [[5, 6, 7, 8, 9]]
    assert batch.position_ids.tolist() == [[0, 1, 2, 3, 2]]
    assert batch.attention_mask[0, 0].int().tolist() == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [1, 1, 1, 0, 0],
        [1, 1, 1, 1, 0],
        [1, 1, 0, 0, 1],
    ]
    assert batch.sources.tolist() == [1, 2, 1]
    assert batch.targets.tolist() == [7, 8, 9]
    assert batch.owners.tolist() == [0, 0, 1]
    assert batch.ends.tolist() == [3, 4]
    assert inner_model(batch) is batch
