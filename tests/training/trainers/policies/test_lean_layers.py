"""Lean layers compute what they computed before, and are gone after."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from tests.training.trainers.shared_prompt.small_models import made, prepared
from training.trainers.policies.lean_layers import lean_layers
from training.trainers.shared_prompt import inner_model

TOKENS = torch.tensor([[10, 11, 12, 13], [20, 21, 22, 23]])


@torch.no_grad()
def logits(model: Any) -> Tensor:
    found: Tensor = inner_model(model)(TOKENS).logits
    return found


def replaced(model: Any) -> int:
    return sum("forward" in vars(module) for module in model.modules())


@pytest.mark.parametrize("family", ["llama", "qwen2"])
def test_it_computes_the_same_and_is_gone_after(family: str) -> None:
    model = prepared(made(family))
    expected = logits(model)
    with model.disable_adapter():
        assert not torch.allclose(logits(model), expected, atol=1e-2)
    with torch.no_grad(), lean_layers(model, packed=False):
        assert replaced(model) == 3 * 7
        assert torch.allclose(logits(model), expected, atol=1e-4)
    assert replaced(model) == 0
    assert torch.equal(logits(model), expected)


def test_adapters_that_are_off_stay_off() -> None:
    model = prepared(made("llama"))
    with model.disable_adapter():
        expected = logits(model)
        with torch.no_grad(), lean_layers(model, packed=False):
            assert replaced(model) == 0
            assert torch.equal(logits(model), expected)


def test_the_active_one_of_several_counts() -> None:
    model = prepared(made("llama"))
    model.add_adapter("other", model.peft_config["default"])
    model.set_adapter("other")
    expected = logits(model)
    with torch.no_grad(), lean_layers(model, packed=False):
        assert torch.allclose(logits(model), expected, atol=1e-4)
        assert replaced(model) == 3 * 7


def test_other_layers_are_left_alone() -> None:
    plain, conv = made("llama"), prepared(made("gpt2"))
    brain = prepared(made("llama", dtype=torch.bfloat16))
    for model in (plain, brain):
        expected = logits(model)
        with torch.no_grad(), lean_layers(model, packed=False):
            assert replaced(model) == 0
            assert torch.equal(logits(model), expected)
    expected = logits(conv)
    with torch.no_grad(), lean_layers(conv, packed=False):
        assert torch.allclose(logits(conv), expected, atol=1e-4)
    assert replaced(conv) == 0


@pytest.mark.parametrize("family", ["llama", "qwen2", "gpt2"])
@pytest.mark.parametrize("adapters", [False, True])
def test_weights_laid_out_anew_give_the_same(family: str, adapters: bool) -> None:
    model = prepared(made(family)) if adapters else made(family)
    weights = {name: weight.clone() for name, weight in model.state_dict().items()}
    expected = logits(model)
    with torch.no_grad(), lean_layers(model, packed=True):
        assert replaced(model) >= 1
        assert torch.allclose(logits(model), expected, atol=1e-4)
    assert replaced(model) == 0
    assert torch.equal(logits(model), expected)
    assert all(torch.equal(weights[name], now) for name, now in model.state_dict().items())
