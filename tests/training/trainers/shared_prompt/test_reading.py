"""Rows of several responses give the numbers and gradients of separate rows, model by model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForSequenceClassification, Llama4ForCausalLM, Llama4TextConfig

from tests.training.trainers.shared_prompt.small_models import (
    CONFIGS,
    PROMPTS,
    RESPONSES,
    SMALL,
    made,
    prepared,
)
from training.trainers.config_fields import ConfigError
from training.trainers.shared_prompt import (
    hidden_states,
    inner_model,
    lay_out,
    recompute_layers,
    response_logps,
    response_scores,
    token_logps,
    why_not_shared,
)
from training.trainers.shared_prompt.attention import use_shared_attention
from training.trainers.shared_prompt.reading import backbone_of, layers_of, states_after

LAYOUTS: dict[str, dict[str, Any]] = {
    "right": {"padding_side": "right"},
    "left": {"padding_side": "left"},
    "packed": {"row_tokens": 64},
    "first fit, left": {"row_tokens": 21, "padding_side": "left"},
}


def computed(model: Any, **layout: Any) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Hidden states at response tokens, log-probabilities, and gradients of a loss on them."""
    model.zero_grad()
    batch = lay_out(PROMPTS, RESPONSES, pad_id=3, **layout)
    hidden = hidden_states(model, batch)[batch.sources]
    logps = response_logps(model, batch)
    (logps / batch.lengths).tanh().sum().backward()
    gradients = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
    return hidden.detach(), logps.detach(), {n: g.clone() for n, g in gradients.items()}


def assert_same(one: Any, other: Any, *, tolerance: float = 4e-6) -> None:
    for left, right in zip(one[:2], other[:2], strict=True):
        torch.testing.assert_close(left, right, atol=tolerance, rtol=tolerance)
    assert one[2].keys() == other[2].keys()
    assert len(one[2]) > 5
    for key, gradient in one[2].items():
        torch.testing.assert_close(gradient, other[2][key], atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("attention", ["blocks", "mask"])
@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
@pytest.mark.parametrize("name", CONFIGS)
def test_exact_in_every_layout(name: str, lora: bool, attention: str) -> None:
    model = prepared(made(name)) if lora else made(name)
    naive = computed(model, shared=False)
    if attention == "blocks":
        assert use_shared_attention(inner_model(model))
    for layout in LAYOUTS.values():
        assert_same(computed(model, **layout), naive)


@pytest.mark.parametrize("name", CONFIGS)
def test_log_probabilities_are_those_of_the_models_own_forward(name: str) -> None:
    model = made(name)
    use_shared_attention(model)
    ours = response_logps(model, lay_out(PROMPTS, RESPONSES, pad_id=3, row_tokens=64))
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
    flat = [p + r for p, group in zip(PROMPTS, RESPONSES, strict=True) for r in group]
    width = max(map(len, flat))
    ids = torch.tensor([row + [3] * (width - len(row)) for row in flat])
    theirs = model(ids, attention_mask=(ids != 3).long()).logits.squeeze(-1)
    use_shared_attention(model)
    ours = response_scores(model, lay_out(PROMPTS, RESPONSES, pad_id=3, row_tokens=64))
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", CONFIGS)
def test_bf16_is_as_near_to_fp32_as_separate_rows_are(name: str) -> None:
    exact = response_logps(made(name), lay_out(PROMPTS, RESPONSES, pad_id=3, shared=False))
    model = made(name, dtype=torch.bfloat16)
    naive = response_logps(model, lay_out(PROMPTS, RESPONSES, pad_id=3, shared=False))
    use_shared_attention(model)
    ours = response_logps(model, lay_out(PROMPTS, RESPONSES, pad_id=3, row_tokens=64))
    assert ours.dtype == torch.float32
    assert (ours - exact).abs().max() <= 2 * (naive - exact).abs().max() + 0.05


@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
@pytest.mark.parametrize("name", CONFIGS)
def test_gradients_in_bf16_are_as_near_to_fp32_as_those_of_separate_rows(
    name: str, lora: bool
) -> None:
    def ready(dtype: torch.dtype) -> Any:
        model = made(name, dtype=dtype)
        return prepared(model) if lora else model

    exact = gathered(ready(torch.float32), shared=False)
    model = ready(torch.bfloat16)
    naive = gathered(model, shared=False)
    use_shared_attention(inner_model(model))
    ours = gathered(model, row_tokens=64)
    assert (ours - exact).norm() <= 1.5 * (naive - exact).norm()
    assert (ours - exact).norm() <= 0.05 * exact.norm()


def gathered(model: Any, **layout: Any) -> Tensor:
    """All gradients of `computed` as one vector in fp32, parameters in the order of their names."""
    _, _, gradients = computed(model, **layout)
    return torch.cat([gradients[name].float().flatten() for name in sorted(gradients)])


def test_an_eager_model_gives_the_same_numbers() -> None:
    model = made("llama")
    batch = lay_out(PROMPTS, RESPONSES, pad_id=3)
    expected = response_logps(model, batch)
    model.set_attn_implementation("eager")
    torch.testing.assert_close(response_logps(model, batch), expected, atol=5e-6, rtol=5e-6)


@pytest.mark.parametrize("name", CONFIGS)
def test_activations_computed_again_change_nothing(name: str) -> None:
    model = prepared(made(name))
    use_shared_attention(inner_model(model))
    plain = computed(model, row_tokens=64)
    calls: list[int] = []
    first_part = next(layers_of(model)[1].children())
    first_part.register_forward_hook(lambda *_: calls.append(1))
    recompute_layers(model)
    again = computed(model, row_tokens=64)
    assert len(calls) == 3, "two passes forward, and one of them again for its gradient"
    for key, gradient in again[2].items():
        assert torch.equal(gradient, plain[2][key])
    assert not model.training
    assert all("forward" not in vars(layer) for layer in layers_of(model))


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("name", CONFIGS)
def test_starting_above_known_layers_changes_nothing(name: str, count: int) -> None:
    model = made(name)
    use_shared_attention(model)
    batch = lay_out(PROMPTS, RESPONSES, pad_id=3, row_tokens=64)
    with torch.no_grad():
        expected = hidden_states(model, batch)
        lower = states_after(model, batch, count)
        known = replace(batch, lower=lower, lower_layers=count)
        called: list[int] = []
        for number, layer in enumerate(layers_of(model)):
            for module in layer.children():
                module.register_forward_hook(lambda *_, n=number: called.append(n))
        assert torch.equal(hidden_states(model, known), expected)
    assert set(called) == set(range(count, 3)), "known layers are not computed"
    assert all("forward" not in vars(layer) for layer in layers_of(model))


def test_tokens_add_up_to_responses() -> None:
    model = made("llama")
    batch = lay_out(PROMPTS, RESPONSES, pad_id=3)
    tokens = token_logps(model, batch)
    assert len(tokens) == len(batch.targets)
    sums = torch.zeros(len(batch.ends)).index_add(0, batch.owners, tokens)
    assert torch.equal(sums, response_logps(model, batch))


def test_a_family_whose_prefix_names_no_part_of_it() -> None:
    torch.manual_seed(0)
    sizes = SMALL | {"intermediate_size_mlp": 48, "num_key_value_heads": 2, "head_dim": 8}
    config = Llama4TextConfig(**sizes, num_local_experts=2, attention_chunk_size=64)
    model = Llama4ForCausalLM(config).eval()
    assert not hasattr(model, model.base_model_prefix)
    assert backbone_of(model) is model.model
    assert len(layers_of(model)) == 3
    assert why_not_shared(model, 64) != ""
    logps = response_logps(model, lay_out(PROMPTS, RESPONSES, pad_id=3, shared=False))
    ids = torch.tensor([PROMPTS[0] + RESPONSES[0][0]])
    logp = model(ids).logits.log_softmax(-1)[0, :-1].gather(1, ids[0, 1:, None])
    torch.testing.assert_close(logps[0], logp[len(PROMPTS[0]) - 1 :].sum(), atol=1e-5, rtol=1e-5)


def test_a_model_without_a_backbone_is_refused() -> None:
    model = Llama4ForCausalLM(Llama4TextConfig(**SMALL, head_dim=8, num_local_experts=2))
    model.tokens = model.model.embed_tokens
    model.model = None
    model.get_input_embeddings = lambda: model.tokens
    with pytest.raises(ConfigError, match="has no part that holds its layers"):
        backbone_of(model)
