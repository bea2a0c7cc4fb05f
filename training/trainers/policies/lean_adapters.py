"""LoRA without bookkeeping while nothing learns: two small products for each layer, no more.

PEFT looks at every layer in every step which adapters are active, at types and dropout. While a
response is written none of that changes, and with one token per row it costs as much as the
products themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from training.trainers.shared_prompt import inner_model


@contextmanager
def lean_adapters(model: Any) -> Iterator[None]:
    """Let a PEFT model's plain LoRA layers compute with what is active now; for no_grad only.

    Layers that are anything else (merged, switched off, of another kind or number format) stay.
    """
    changed: list[Any] = []
    try:
        for layer in inner_model(model).modules() if hasattr(model, "peft_config") else ():
            forward = _lean_forward(layer)
            if forward is not None:
                layer.forward = forward
                changed.append(layer)
        yield
    finally:
        for layer in changed:
            vars(layer).pop("forward", None)


def _lean_forward(layer: Any) -> Callable[[Tensor], Tensor] | None:
    """What the layer computes, or None where it is no plain LoRA of one active adapter."""
    from peft.tuners.lora import Linear

    if not isinstance(layer, Linear) or layer.disable_adapters or layer.merged:
        return None
    base: Any = layer.base_layer
    active = [name for name in layer.active_adapters if name in layer.lora_A]
    if type(base) is not torch.nn.Linear or len(active) != 1 or active[0] in layer.lora_variant:
        return None
    name = active[0]
    down: Any = layer.lora_A[name]
    up: Any = layer.lora_B[name]
    dropout: Any = layer.lora_dropout[name]
    drops = not isinstance(dropout, torch.nn.Identity) and dropout.training
    if (
        drops
        or up.bias is not None
        or not down.weight.dtype == up.weight.dtype == base.weight.dtype
    ):
        return None
    weight, bias = base.weight, base.bias
    inwards, outwards = down.weight.t(), (up.weight * layer.scaling[name]).t()

    def forward(states: Tensor) -> Tensor:
        flat = states.flatten(0, -2)
        out = torch.nn.functional.linear(flat, weight, bias).addmm_(flat @ inwards, outwards)
        return out.view(*states.shape[:-1], -1)

    return forward
