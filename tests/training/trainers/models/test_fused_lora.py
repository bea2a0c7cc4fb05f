"""Fused LoRA layers give PEFT's numbers and gradients, and leave to PEFT what they do not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor

from tests.training.trainers.shared_prompt.small_models import made
from training.trainers.models import fused_lora
from training.trainers.models.fused_lora import FusedLora, fuse_adapters
from training.trainers.shared_prompt import inner_model

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
TOKENS = torch.tensor([[10, 11, 12, 13], [20, 21, 22, 23]])


def adapted(family: str = "llama", **changes: Any) -> Any:
    """A model with adapters that have learned something, still PEFT's own."""
    settings = {"r": 4, "lora_alpha": 12, "target_modules": "all-linear"} | changes
    model = get_peft_model(made(family), LoraConfig(**settings))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.05)
    return model.eval()


def read(model: Any) -> tuple[Tensor, dict[str, Tensor]]:
    """Logits, and the gradients of something made of them."""
    model.zero_grad()
    logits = inner_model(model)(TOKENS).logits
    logits.log_softmax(-1)[..., 5].sum().backward()
    gradients = {n: w.grad.clone() for n, w in model.named_parameters() if w.grad is not None}
    return logits.detach(), gradients


def assert_same(one: Any, other: Any) -> None:
    torch.testing.assert_close(one[0], other[0], atol=1e-5, rtol=1e-5)
    assert one[1].keys() == other[1].keys()
    for name, gradient in one[1].items():
        torch.testing.assert_close(gradient, other[1][name], atol=1e-5, rtol=1e-4)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a layer computed fused, one entry each."""
    taken: list[int] = []
    real: Callable[..., Tensor] = fused_lora._Adapted.apply

    def counted(*given: Any) -> Tensor:
        taken.append(1)
        return real(*given)

    monkeypatch.setattr(fused_lora._Adapted, "apply", counted)
    return taken


@pytest.mark.parametrize("family", ["llama", "qwen2", "gpt_neox"])
@pytest.mark.parametrize("learns", ["adapters", "everything"])
def test_numbers_and_gradients_are_those_of_peft(
    family: str, learns: str, steps: list[int]
) -> None:
    model = adapted(family)
    if learns == "everything":
        model.requires_grad_(True)
    expected = read(model)
    assert not steps
    fuse_adapters(model)
    found = read(model)
    layers = sum(isinstance(module, FusedLora) for module in model.modules())
    assert len(steps) == layers >= 3 * 4
    assert len(found[1]) >= 2 * layers
    assert_same(found, expected)


def test_the_adapter_in_place_counts(steps: list[int]) -> None:
    model = adapted()
    model.add_adapter("other", model.peft_config["default"])
    model.set_adapter("other")
    expected = read(model)
    fuse_adapters(model)
    assert_same(read(model), expected)
    assert steps
    steps.clear()
    with model.disable_adapter():
        inner_model(model)(TOKENS)
    model.base_model.set_adapter(["default", "other"])
    inner_model(model)(TOKENS)
    assert not steps


@pytest.mark.filterwarnings("ignore:`lora_bias=True`")
@pytest.mark.parametrize(
    "changes",
    [{"use_dora": True}, {"lora_bias": True}, {"lora_dropout": 0.5}],
    ids=["dora", "bias", "dropout"],
)
def test_what_is_not_plain_is_left_to_peft(changes: dict[str, Any], steps: list[int]) -> None:
    model = adapted(**changes)
    fuse_adapters(model)
    model.train()
    inner_model(model)(TOKENS)
    assert not steps


def test_other_formats_layers_and_merged_weights_are_left_to_peft(steps: list[int]) -> None:
    brain, conv, merged = adapted(), adapted("gpt2", fan_in_fan_out=True), adapted()
    inner_model(brain).to(torch.bfloat16)
    for name, weight in brain.named_parameters():
        if "lora" in name:
            weight.data = weight.data.float()
    for model in (brain, conv, merged):
        fuse_adapters(model)
    merged.merge_adapter()
    for model in (brain, conv, merged):
        inner_model(model)(TOKENS)
    merged.unmerge_adapter()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inner_model(merged)(TOKENS)
    assert not steps
    inner_model(merged)(TOKENS)
    assert steps


def test_what_is_saved_is_what_peft_saves(tmp_path: Any) -> None:
    from peft import PeftModel

    model = adapted()
    expected = read(model)
    fuse_adapters(model)
    model.save_pretrained(tmp_path)
    assert_same(
        read(PeftModel.from_pretrained(made("llama"), tmp_path, is_trainable=True)), expected
    )
