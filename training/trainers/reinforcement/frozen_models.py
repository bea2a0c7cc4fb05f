"""Models that never learn, kept where they cost least: on the CPU, or with weights of 8 bit.

8 bit is a whole number per weight and a scale per row of each linear layer; what is computed with
them is in the model's own format. Embeddings and heads keep their numbers.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

STEPS = 127
"""The largest whole number in 8 bit on both sides of 0."""


class EightBitLinear(torch.nn.Module):
    """A linear layer of whole numbers [out, in] and one scale per row; it cannot learn."""

    numbers: Tensor
    scale: Tensor
    bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        scale = weight.float().abs().amax(dim=1).clamp(min=1e-12) / STEPS
        numbers = (weight.float() / scale[:, None]).round().to(torch.int8)
        self.register_buffer("numbers", numbers)
        self.register_buffer("scale", scale.to(weight.dtype))
        self.register_buffer("bias", None if bias is None else bias.detach().clone())

    def forward(self, values: Tensor) -> Tensor:
        """x W' scale + bias."""
        out = torch.nn.functional.linear(values, self.numbers.to(values.dtype)) * self.scale
        return out if self.bias is None else out + self.bias


def keep_frozen(model: Any, *, how: str, device: torch.device) -> Any:
    """The model, unable to learn: on the ``device``, on the ``cpu``, or in ``int8`` on the device.

    The model itself is changed.
    """
    model.requires_grad_(False).eval()
    if how == "cpu":
        return model.to("cpu")
    if how == "int8":
        _to_eight_bit(model)
    return model.to(device)


def _to_eight_bit(model: Any) -> None:
    from transformers.pytorch_utils import Conv1D

    heads = {id(model.get_output_embeddings()), id(getattr(model, "score", None))}
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if id(child) in heads:
                continue
            if isinstance(child, torch.nn.Linear):
                setattr(parent, name, EightBitLinear(child.weight, child.bias))
            elif isinstance(child, Conv1D):  # GPT-2 keeps its weights the other way round
                setattr(parent, name, EightBitLinear(child.weight.t(), child.bias))
