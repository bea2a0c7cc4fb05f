"""Linear layers that do nothing but multiply, while responses are written and nothing learns.

On a CPU the weights are laid out once as oneDNN multiplies them, and not again for every token:
with few rows that is half the time. LoRA becomes two small products for each layer, without PEFT's
looking up, in every step, which adapters are active. Afterwards all is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from training.trainers.shared_prompt import inner_model

Forward = Callable[[Tensor], Tensor]


@contextmanager
def lean_layers(model: Any, *, packed: bool) -> Iterator[None]:
    """Let a model's plain linear and LoRA layers compute with what is there now; under no_grad.

    ``packed`` lays weights out anew where that pays (fp32 on a CPU), in as much memory again. LoRA
    that is merged, switched off or of another kind stays as it is.
    """
    changed: list[Any] = []
    try:
        for layer, forward in _lean(model, packed):
            layer.forward = forward
            changed.append(layer)
        yield
    finally:
        for layer in changed:
            vars(layer).pop("forward", None)


def _lean(model: Any, packed: bool) -> Iterator[tuple[Any, Forward]]:
    """The layers that can be lean, with what they compute then."""
    below: set[int] = set()
    for layer in inner_model(model).modules():
        if id(layer) in below:
            continue
        if hasattr(layer, "lora_A"):
            below |= {id(module) for module in layer.modules()}
            forward = _lean_adapter(layer, packed)
            if forward is not None:
                yield layer, forward
        elif packed and _can_be_packed(layer):
            yield layer, _product(layer, packed)


def _lean_adapter(layer: Any, packed: bool) -> Forward | None:
    """What a LoRA layer computes, or None where it is no plain one with one active adapter."""
    from peft.tuners.lora import Linear

    from training.trainers.models.fused_lora import plain_adapter

    name = plain_adapter(layer) if isinstance(layer, Linear) else None
    if name is None:
        return None
    base: Any = layer.base_layer
    down: Any = layer.lora_A[name]
    up: Any = layer.lora_B[name]
    product = _product(base, packed)
    inwards, outwards = down.weight.t(), (up.weight * layer.scaling[name]).t()

    def forward(states: Tensor) -> Tensor:
        flat = states.flatten(0, -2)
        out = product(flat).addmm_(flat @ inwards, outwards)
        return out.view(*states.shape[:-1], -1)

    return forward


def _product(layer: Any, packed: bool) -> Forward:
    """What a linear layer computes."""
    weight, bias = layer.weight, layer.bias
    if not (packed and _can_be_packed(layer)):
        return lambda states: torch.nn.functional.linear(states, weight, bias)
    laid_out = torch.ops.mkldnn._reorder_linear_weight(weight.detach())
    multiply = torch.ops.mkldnn._linear_pointwise.default
    return lambda states: multiply(states, laid_out, bias, "none", [], "")


def _can_be_packed(layer: Any) -> bool:
    return (
        type(layer) is torch.nn.Linear
        and layer.weight.dtype == torch.float32
        and layer.weight.device.type == "cpu"
        and bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )
