"""What every method of the bench stands on: a model that read text, labels, SFT and a reward model.

The base learns from scratch by Accord's own imitation of usual text, once for all seeds. Of a seed
are the questions, the base's two answers to each, who labels them and how they err; every method
learns from these same labels. The reward model, too, knows nothing but them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import planted_general
from bench.label_quality import TRAINED, Crowd, labelled
from bench.methods_runs import COMMON, run_of
from bench.planted_answers import Item
from bench.planted_care import questions, truth, usual_answer
from exports.dataset_dir import DatasetWriter
from exports.records import Demonstration, Record
from training.durable_files import read_lines
from training.trainers.models.tiny_model import make_tiny_model

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['content'] }}"
    "{{ '<|end|>' if message['role'] == 'assistant' else '\n' }}{% endfor %}"
)
"""A question is a line, an answer what follows it: a small model's time is too dear for more."""

BASE_SEED = 7
PEOPLE = Crowd(temperatures=(0.4, 0.4, 0.6, 0.6, 0.8, 0.8, 1.2, 1.6), overlaps=(1, 1, 2))
"""Labelers by the noise they see through, and how many judge a pair of answers."""


@dataclass(frozen=True)
class Size:
    """How large everything is. Counts are of examples; the evaluated prompts are the same ones."""

    hidden_size: int = 256
    layers: int = 5
    care_read: int = 5000
    text_read: int = 2500
    sortings_read: int = 1000
    each_survey: int = 60
    read_epochs: float = 2.0
    labelled: int = 1000
    judged: int = 256
    answers: int = 2
    pool_prompts: int = 128
    pool: int = 32
    text_held_out: int = 256
    sortings_held_out: int = 128


FULL = Size()
QUICK = Size(
    hidden_size=64, layers=2, care_read=2000, text_read=200, sortings_read=100, each_survey=5,
    read_epochs=3.0, labelled=48, judged=16, pool_prompts=8, pool=8, text_held_out=16,
    sortings_held_out=8,
)  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """Where a seed's things lie: the labels, the policies to start from, the reward model."""

    seed: int
    labels: Path
    base: Path
    sft: Path
    reward_model: Path


def make_base(folder: Path, size: Size, texts: Path | None, threads: int) -> Path:
    """A model of its own that has read questions with usual answers, text, sortings and surveys."""
    rng = random.Random(BASE_SEED)
    asked = questions(size.care_read, rng)
    turns = [(question, usual_answer(question, rng)) for question in asked]
    turns += untouched_read(size, texts)
    turns += planted_general.answered(planted_general.surveys(), size.each_survey, rng)
    empty = make_tiny_model(
        folder / "empty", [f"{a}\n{b}" for a, b in turns], hidden_size=size.hidden_size,
        layers=size.layers, vocab_size=1024, seed=BASE_SEED,
    )  # fmt: skip
    _use_template(empty)
    data = write_demonstrations(folder / "read", turns)
    settings = COMMON | {
        "model": str(empty), "dataset": str(data), "data": "demonstration", "threads": threads,
        "epochs": size.read_epochs, "learning_rate": 2e-3, "seed": BASE_SEED,
    }  # fmt: skip
    return run_of("sft", folder / "base", settings)


def untouched_read(size: Size, texts: Path | None) -> list[planted_general.Turn]:
    """The text and the sortings that the base reads: the labels are about neither."""
    found = planted_general.texts(size.text_read, random.Random(BASE_SEED), texts)
    return found + planted_general.sortings(random.Random(BASE_SEED))[: size.sortings_read]


def prepare(folder: Path, base: Path, size: Size, seed: int) -> Path:
    """The labels of a seed: the base answers every question twice, and people compare."""
    rng = random.Random(1000 + seed)
    asked = [
        q for q in questions(size.labelled + size.judged, rng) if q not in judged_prompts(size)
    ]
    asked = asked[: size.labelled]
    lines = answers_of(folder / "answers", base, asked, n=2, seed=seed)
    said: dict[str, list[str]] = {}
    for line in lines:
        said.setdefault(line["prompt"][0]["content"], []).append(line["response"][0]["content"])
    items = [_item(question, texts) for question, texts in said.items() if len(set(texts)) == 2]
    return _write(folder / "labels", labelled(items, PEOPLE, rng))


def judged_prompts(size: Size) -> list[str]:
    """The questions on which every policy is judged."""
    return questions(size.judged, random.Random(BASE_SEED + 1))


def answers_of(
    path: Path,
    model: Path,
    asked: Sequence[str],
    *,
    n: int,
    seed: int,
    reference: Path | None = None,
) -> list[dict[str, Any]]:
    """The lines of a `generate` run at temperature 1, with the drift from a reference."""
    path.mkdir(parents=True, exist_ok=True)
    prompts = path / "prompts.jsonl"
    lines = [{"id": q, "prompt": [{"role": "user", "content": q}]} for q in asked]
    prompts.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    settings = {
        "model": str(model), "prompts_file": str(prompts), "n": n, "seed": seed, "threads": 1,
        "temperature": 1.0, "top_p": 1.0, "max_new_tokens": 40, "batch_size": 128,
        "reference": str(reference or ""), "precision": "fp32",
    }  # fmt: skip
    run_of("generate", path / "run", settings)
    return read_lines(path / "run" / "outputs" / "responses.jsonl", 0)[0]


def write_demonstrations(target: Path, turns: Sequence[planted_general.Turn]) -> Path:
    """A dataset directory of responses to imitate."""
    return _write(target, [_demonstration(number, *turn) for number, turn in enumerate(turns)])


def _item(question: str, answers: Sequence[str]) -> Item:
    first, second = answers
    return Item(question, (first, second), (truth(question, first), truth(question, second)))


def _demonstration(number: int, prompt: str, completion: str) -> Demonstration:
    return Demonstration(
        id=f"read-{number}", task=f"read-{number}", project="planted", kind="demonstration",
        criterion="", language="en", tags=[], prompt=[{"role": "user", "content": prompt}],
        reference=None, response_sources=[], judgments=[], labeled_at=None,
        completion=[{"role": "assistant", "content": completion}], topic=None,
    )  # fmt: skip


def _write(target: Path, records: Sequence[Record]) -> Path:
    with DatasetWriter(target, project="planted", filters={}, fractions=TRAINED) as writer:
        for record in records:
            writer.add([record])
        writer.publish()
    return target


def _use_template(model: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(model)
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(model)
