"""A tiny model and small datasets, made once for all trainer tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.training.trainers.dataset_fixture import FILLER, GOOD, make_pairs, make_rankings
from training.trainers.models.tiny_model import make_tiny_model

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a two-layer LLaMA and its tokenizer."""
    texts = [f"Say {GOOD} {' '.join(FILLER)} number {n}." for n in range(50)]
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return make_tiny_model(folder, texts, hidden_size=32, layers=2, vocab_size=300, seed=1)


@pytest.fixture(scope="session")
def pairs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """32 training pairs, 16 for validation and for test."""
    return make_pairs(tmp_path_factory.mktemp("pairs") / "data")


@pytest.fixture(scope="session")
def rankings_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """16 training rankings of four, 8 for validation."""
    return make_rankings(tmp_path_factory.mktemp("rankings") / "data")
