"""LoRA layers whose two products and their sum are one step of autograd.

PEFT adds four passes over every layer's output, and autograd as many over its gradient; here the
products add to what is there. Numbers and gradients are those of PEFT but for rounding.
"""

from __future__ import annotations

from typing import Any

import torch
from peft.tuners.lora import Linear
from torch import Tensor


def fuse_adapters(model: Any) -> None:
    """Let a PEFT model's LoRA layers compute fused, where they can; what is fused stays so."""
    for layer in model.modules():
        if type(layer) is Linear:
            layer.__class__ = FusedLora


def plain_adapter(layer: Any) -> str | None:
    """The one adapter in place on a plain LoRA layer: x w + scale (x a) b over a linear layer
    without dropout, all of one number format. None where there is more to it, or none."""
    if layer.disable_adapters or layer.merged:
        return None
    active: list[str] = [name for name in layer.active_adapters if name in layer.lora_A]
    if len(active) != 1 or active[0] in layer.lora_variant:
        return None
    (name,) = active
    base, dropout, up = layer.base_layer, layer.lora_dropout[name], layer.lora_B[name]
    formats = {part.weight.dtype for part in (base, layer.lora_A[name], up)}
    drops = not isinstance(dropout, torch.nn.Identity) and dropout.training
    if type(base) is not torch.nn.Linear or drops or up.bias is not None or len(formats) > 1:
        return None
    return name


class FusedLora(Linear):
    """PEFT's layer, computing by itself where one plain adapter is in place."""

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """What PEFT computes."""
        name = plain_adapter(self)
        weight = self.base_layer.weight
        if name is None or args or kwargs or x.dtype != weight.dtype or _casts(x):
            made: Tensor = super().forward(x, *args, **kwargs)
            return made
        out: Tensor = _Adapted.apply(  # type: ignore[no-untyped-call]
            x.flatten(0, -2),
            weight,
            self.base_layer.bias,
            self.lora_A[name].weight,
            self.lora_B[name].weight,
            self.scaling[name],
        )
        return out.view(*x.shape[:-1], -1)


def _casts(x: Tensor) -> bool:
    return torch.is_autocast_enabled(x.device.type)


class _Adapted(torch.autograd.Function):
    """x w' + c + scale (x a') b' for x [n, K], w [N, K], c [N], a [r, K], b [N, r]."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, w: Tensor, c: Tensor | None, a: Tensor, b: Tensor, scale: float
    ) -> Tensor:
        low = x @ a.t()
        ctx.save_for_backward(x, w, a, b, low)
        ctx.scale = scale
        return torch.nn.functional.linear(x, w, c).addmm_(low, b.t(), alpha=scale)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (g,) = gradients
        x, w, a, b, low = ctx.saved_tensors
        for_x, for_w, for_c, for_a, for_b, _ = ctx.needs_input_grad
        back = (g @ b).mul_(ctx.scale) if for_x or for_a else None
        return (
            (g @ w).addmm_(back, a) if for_x else None,
            g.t() @ x if for_w else None,
            g.sum(0) if for_c else None,
            back.t() @ x if for_a and back is not None else None,
            (g.t() @ low).mul_(ctx.scale) if for_b else None,
            None,
        )
