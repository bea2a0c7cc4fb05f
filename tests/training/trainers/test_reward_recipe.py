"""The recipe of docs/reward-models.md, run as it stands there on a tiny GPT-2 and a small file."""

from __future__ import annotations

import json
import random
import shlex
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
)

from tests.training.trainers.dataset_fixture import answer, prompt
from training.run_dir import RunDir
from training.trainers.configs import RewardModelConfig
from training.trainers.loop.command_line import main
from training.trainers.reward_model import train_reward_model

DOCS = Path(__file__).resolve().parents[3] / "docs" / "reward-models.md"
LAYERS = 10


@pytest.fixture
def gpt2(tiny: Path, tmp_path: Path) -> Path:
    """A GPT-2 of ten small layers with the tiny tokenizer, and no chat template."""
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    tokenizer.chat_template = None
    config = GPT2Config(
        vocab_size=len(tokenizer), n_embd=16, n_layer=LAYERS, n_head=2, n_positions=512,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    torch.manual_seed(0)
    folder = tmp_path / "gpt2"
    GPT2LMHeadModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").unlink(missing_ok=True)
    return folder


def recipe() -> list[str]:
    """The words of the recipe's command after the module's name."""
    section = DOCS.read_text().partition("## Recipe")[2]
    command = section.split("```")[1].replace("\\\n", " ")
    words = shlex.split(command)
    assert words[1:3] == ["-m", "training.trainers.reward_model"]
    return words[3:]


def test_the_recipe_of_the_docs(gpt2: Path, tmp_path: Path) -> None:
    rng = random.Random(0)
    rows = [
        {
            "prompt": prompt(rng, n)[0]["content"],
            "answer1": answer(rng, 3)[0]["content"],
            "answer2": answer(rng, 0)[0]["content"],
        }
        for n in range(60)
    ]
    file, run = tmp_path / "preferences.jsonl", RunDir(tmp_path / "run")
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    there = {"RUN": str(run.path), "preferences.jsonl": str(file), "gpt2": str(gpt2)}
    words = [there.get(word, word) for word in recipe()]
    assert main(RewardModelConfig, train_reward_model, [*words, "--threads", "1"]) == 0

    report = json.loads((run.path / "data_report.json").read_text())
    assert report["frozen_part"]["frozen_layers"] == 7
    assert report["frozen_part"]["why_not_kept"] is None
    latest = run.latest_checkpoint()
    assert latest is not None
    trained = AutoModelForSequenceClassification.from_pretrained(latest.path, num_labels=1)
    before = GPT2LMHeadModel.from_pretrained(gpt2).transformer.state_dict()
    after = trained.transformer.state_dict()
    moved = {name.split(".")[1] if name.startswith("h.") else name
             for name, weight in after.items() if not weight.equal(before[name])}  # fmt: skip
    # The last bias adds the same to every score, so no comparison moves it.
    assert moved == {"7", "8", "9", "ln_f.weight"}
    assert trained.score.weight.abs().sum() > 0
