"""The tiny model: loads in plain transformers, spells any text, the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from training.trainers.models.tiny_model import make_tiny_model


def test_it_loads_spells_everything_and_keeps_pad_and_end_apart(tiny: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    model = AutoModelForCausalLM.from_pretrained(tiny)
    text = "Unseen 日本語 \U0001f600\n"
    assert tokenizer.decode(tokenizer(text).input_ids) == text
    assert tokenizer.pad_token_id != tokenizer.eos_token_id
    assert model.config.pad_token_id == tokenizer.pad_token_id
    assert model.get_input_embeddings().num_embeddings == len(tokenizer)
    assert sum(p.numel() for p in model.parameters()) < 100_000


def test_the_seed_decides(tmp_path: Path) -> None:
    def weights(name: str, seed: int) -> torch.Tensor:
        folder = make_tiny_model(
            tmp_path / name, ["some text"], hidden_size=32, layers=1, vocab_size=270, seed=seed
        )
        return next(AutoModelForCausalLM.from_pretrained(folder).parameters())

    same, again, other = weights("a", 1), weights("b", 1), weights("c", 2)
    assert torch.equal(same, again)
    assert not torch.equal(same, other)


def test_an_existing_folder_is_kept(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    assert make_tiny_model(tmp_path / "model", []) == tmp_path / "model"
    assert list((tmp_path / "model").iterdir()) == []
