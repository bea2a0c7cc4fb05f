"""Models that never learn: 8 bit is close and small, and learns nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.training.trainers.short_model import make_short_model
from training.trainers.models.model_loading import load_policy
from training.trainers.reinforcement.frozen_models import EightBitLinear, keep_frozen

CPU = torch.device("cpu")


def test_a_row_is_off_by_at_most_half_a_step() -> None:
    weight = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    weight[2] = 0
    layer = EightBitLinear(weight, torch.arange(6.0))
    whole = layer(torch.eye(5)) - torch.arange(6.0)
    steps = weight.abs().amax(dim=1) / 127
    assert bool(((whole.t() - weight).abs() <= steps[:, None] / 2 + 1e-7).all())
    assert layer.numbers.dtype == torch.int8


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_model_of_8_bit_says_nearly_the_same(family: str, tiny: Path, tmp_path: Path) -> None:
    folder = tiny if family == "llama" else make_short_model(tiny, tmp_path / "model", 64)
    tokens = torch.tensor([[5, 6, 7, 8, 9]])
    model, other = load_policy(str(folder)).model, load_policy(str(folder)).model
    small = keep_frozen(other, how="int8", device=CPU)
    with torch.no_grad():
        logits, near = model(tokens).logits, small(tokens).logits
    assert torch.allclose(logits, near, atol=0.02)
    assert not torch.equal(logits, near)
    assert sum(isinstance(m, EightBitLinear) for m in small.modules()) >= 4
    assert not any(parameter.requires_grad for parameter in small.parameters())
    assert type(small.get_output_embeddings()) is torch.nn.Linear


def test_elsewhere_a_model_stays_what_it_is(tiny: Path) -> None:
    model = keep_frozen(load_policy(str(tiny)).model, how="cpu", device=CPU)
    assert model.device == CPU
    assert not any(parameter.requires_grad for parameter in model.parameters())
