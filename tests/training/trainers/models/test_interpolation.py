"""Sums of models: of adapters exactly what their merged weights give; other bases are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from tests.training.trainers.soups.two_policies import make_adapters, make_full
from training.trainers.models.default_model import ModelError
from training.trainers.models.exporting import export_model
from training.trainers.models.interpolation import check_one_base, mix
from training.trainers.models.tiny_model import make_tiny_model

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
SHARES = (0.3, 0.7)


@pytest.fixture(scope="module")
def adapters(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("adapters")
    return [make_adapters(tiny, folder / f"{seed}", seed) for seed in (1, 2)]


@pytest.fixture(scope="module")
def merged(adapters: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("merged")
    for number, source in enumerate(adapters):
        export_model(str(source), folder / f"{number}", format="safetensors")
    return [folder / "0", folder / "1"]


def mixed(folders: list[Path], shares: tuple[float, ...], target: Path) -> dict[str, torch.Tensor]:
    target.mkdir()
    mix(folders, shares, target)
    return load_file(target / "model.safetensors")


def test_adapters_are_mixed_as_the_product_of_their_factors(
    tiny: Path, adapters: list[Path], merged: list[Path], tmp_path: Path
) -> None:
    found = mixed(merged, SHARES, tmp_path / "soup")
    name = "model.layers.1.mlp.up_proj.weight"
    base = load_file(tiny / "model.safetensors")[name]
    key = f"base_model.model.{name.removesuffix('.weight')}"
    parts = [load_file(folder / "adapter_model.safetensors") for folder in adapters]
    factors = [(p[f"{key}.lora_B.weight"], p[f"{key}.lora_A.weight"]) for p in parts]
    exact = base + 8.0 / 4 * sum(w * (b @ a) for w, (b, a) in zip(SHARES, factors, strict=True))
    assert torch.allclose(found[name], exact, atol=1e-6)
    b, a = (SHARES[0] * one + SHARES[1] * other for one, other in zip(*factors, strict=True))
    assert not torch.allclose(found[name], base + 8.0 / 4 * (b @ a), atol=1e-4)


def test_the_mixture_of_one_adapter_with_the_base_is_the_adapter_weakened(
    tiny: Path, adapters: list[Path], merged: list[Path], tmp_path: Path
) -> None:
    mixed([merged[0], tiny], (0.25, 0.75), tmp_path / "soup")
    weak = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny), adapters[0])
    for module in weak.modules():
        if isinstance(module, LoraLayer):
            module.scaling = {name: 0.25 * scale for name, scale in module.scaling.items()}
    ids = torch.tensor([[5, 9, 30, 7]])
    soup = AutoModelForCausalLM.from_pretrained(tmp_path / "soup")
    with torch.no_grad():
        assert torch.allclose(soup(ids).logits, weak(ids).logits, atol=1e-5)


def test_a_whole_share_gives_the_very_bits(merged: list[Path], tmp_path: Path) -> None:
    found = mixed(merged, (0.0, 1.0), tmp_path / "soup")
    original = load_file(merged[1] / "model.safetensors")
    assert found.keys() == original.keys()
    assert all(torch.equal(found[name], original[name]) for name in original)


def test_full_weights_are_mixed_as_they_are(tiny: Path, tmp_path: Path) -> None:
    ends = [make_full(tiny, tmp_path / f"{seed}", seed) for seed in (1, 2)]
    check_one_base(ends, ["one", "two"])
    found = mixed(ends, (0.5, 0.5), tmp_path / "soup")
    weights = [load_file(end / "model.safetensors") for end in ends]
    for name, weight in found.items():
        assert torch.allclose(weight, (weights[0][name] + weights[1][name]) / 2, atol=1e-7)
    assert not (tmp_path / "soup" / "accord.json").exists()


def test_models_of_another_base_are_refused(tiny: Path, tmp_path: Path) -> None:
    texts = ["one two three"]
    other = make_tiny_model(tmp_path / "other", texts, hidden_size=32, layers=2, vocab_size=300,
                            seed=9)  # fmt: skip
    lower = make_tiny_model(tmp_path / "lower", texts, hidden_size=32, layers=1, vocab_size=300)
    wider = make_tiny_model(tmp_path / "wider", texts, hidden_size=48, layers=2, vocab_size=300)
    with pytest.raises(ModelError, match=r"one and two (were not trained|are not built)"):
        check_one_base([tiny, other], ["one", "two"])
    with pytest.raises(ModelError, match="two lacks 9 of the weights of one"):
        check_one_base([tiny, lower], ["one", "two"])
    with pytest.raises(ModelError, match="two lacks 9 of the weights of one"):
        check_one_base([lower, tiny], ["two", "one"])
    with pytest.raises(ModelError, match=r"one and two are not built alike \(.* is .* by .* and"):
        check_one_base([tiny, wider], ["one", "two"])
