"""Each way of the benchmark of reward models trains on the same prompts, step by step."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.ranked_answers import write_planted
from bench.reward_ways import run
from training.trainers.data.labelled_prompts import read_texts
from training.trainers.models.tiny_model import make_tiny_model


@pytest.mark.parametrize("way", ["kway", "unshared", "trl"])
def test_a_way_says_what_its_steps_took(way: str, tmp_path: Path) -> None:
    data = write_planted(
        tmp_path / "data", train=6, held_out=4, prompt_words=6, answer_words=5, seed=0
    )
    model = make_tiny_model(
        tmp_path / "model", read_texts(data), hidden_size=32, layers=1, vocab_size=300
    )
    said = run(
        way,
        {
            "data": str(data), "model": str(model), "seed": 0, "steps": 3, "epochs": 1.0,
            "batch_size": 2, "learning_rate": 1e-3, "max_length": 512, "threads": 1, "judge": True,
        },
    )  # fmt: skip
    assert len(said["seconds"]) == 2
    assert min(said["seconds"]) > 0
    assert said["prompts_per_step"] == 2
    assert said["peak_mb"] > 50
    assert len(said["right"]) == 4
    assert all(0 <= share <= 1 for share in said["right"])
