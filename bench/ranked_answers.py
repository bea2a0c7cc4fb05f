"""Prompts with four answers in order, for the benchmark of reward models: planted or real.

A planted answer is worth its share of good words; labels are drawn from worth by Plackett and
Luce's rule, and held-out labels are the truth. Real ones are the answers and pairwise preferences
of FineGrainedRLHF's development questions, ties among them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from exports.dataset_dir import DatasetWriter
from exports.records import Comparison, Ranking
from exports.splitting import Fractions

ANSWERS = 4
PAIRS = list(combinations(range(ANSWERS), 2))
GOOD, BAD = ("clear", "kind", "true", "warm", "calm", "bright"), ("rude", "wrong", "cold", "dull")
_WORDS = (
    "time year people way day man thing woman life child world school state family student group "
    "country problem hand part place case week company system program question work number night "
    "point home water room mother area money story fact month lot study book eye job word "
    "business issue side head house service friend father power hour game line end member law"
)
PLAIN = _WORDS.split()
SURE = 12.0
"""How much a share of good words counts when labels are drawn: 0.25 more is e^3 times likelier."""
Floats = NDArray[np.float64]


def write_planted(
    target: Path, *, train: int, held_out: int, prompt_words: int, answer_words: int, seed: int
) -> Path:
    """A dataset directory of planted rankings; with no ``held_out`` it has the one split."""
    rng = np.random.default_rng(seed)
    splits = {"train": train, "validation": held_out}
    made = {
        split: [_planted(rng, f"{split}-{n}", split, prompt_words, answer_words) for n in range(of)]
        for split, of in splits.items()
        if of
    }
    return _write(target, made)


def write_real(source: Path, target: Path, *, held_out: int, seed: int) -> Path:
    """The questions of dev_feedback.json, ``held_out`` of them drawn by ``seed`` for validation."""
    rows = json.loads((source / "dev_feedback.json").read_text(encoding="utf-8"))
    drawn = set(np.random.default_rng(seed).permutation(len(rows))[:held_out].tolist())
    made: dict[str, list[Ranking]] = {"train": [], "validation": []}
    for number, row in enumerate(rows):
        answers = [row[f"prediction {place}"].strip() for place in range(1, ANSWERS + 1)]
        said = dict(zip(PAIRS, row["preference"], strict=True))
        split = "validation" if number in drawn else "train"
        made[split].append(_ranking(f"question-{number}", row["question"], answers, said))
    return _write(target, made)


def _planted(
    rng: np.random.Generator, name: str, split: str, prompt_words: int, answer_words: int
) -> Ranking:
    shares = rng.permutation(np.linspace(0.1, 0.7, ANSWERS)) + rng.uniform(-0.05, 0.05, ANSWERS)
    answers = [_answer(rng, share, answer_words) for share in shares]
    # The largest of worth with Gumbel noise is drawn as Plackett and Luce have it, and so on down.
    noise = rng.gumbel(size=ANSWERS) if split == "train" else np.zeros(ANSWERS)
    worth = SURE * shares + noise
    said = {(i, j): 1 if worth[i] > worth[j] else 2 for i, j in PAIRS}
    return _ranking(name, " ".join(rng.choice(PLAIN, prompt_words)), answers, said)


def _answer(rng: np.random.Generator, share: float, words: int) -> str:
    good = rng.random(words) < share
    bad = rng.random(words) < 0.15
    chosen = np.where(bad, rng.choice(BAD, words), rng.choice(PLAIN, words))
    return " ".join(np.where(good, rng.choice(GOOD, words), chosen).tolist())


def _ranking(
    name: str, prompt: str, answers: Sequence[str], said: Mapping[tuple[int, int], int]
) -> Ranking:
    """A record; of a pair 1 says the first is better, 2 the second, 0 neither."""
    comparisons = [
        Comparison(
            i=i, j=j, p_i=float(verdict == 1), p_j=float(verdict == 2), p_tie=float(verdict == 0),
            margin=0.0, n=1,
        )
        for (i, j), verdict in said.items()
    ]  # fmt: skip
    return Ranking(
        id=name, task=name, project="bench", kind="ranking", criterion="overall", language="en",
        tags=[], prompt=[{"role": "user", "content": prompt}], reference=None,
        response_sources=[""] * len(answers), judgments=[], labeled_at=None,
        responses=[[{"role": "assistant", "content": answer}] for answer in answers],
        comparisons=comparisons, ranks=None,
    )  # fmt: skip


def _write(target: Path, made: Mapping[str, list[Ranking]]) -> Path:
    with DatasetWriter(target, project="bench", filters={}, fractions=Fractions()) as writer:
        for split, records in made.items():
            table = pa.Table.from_pylist([r.as_row() for r in records], schema=Ranking.schema)
            characters = np.array([record.characters() for record in records])
            writer.add_rows(Ranking.config, split, table, characters)
        writer.publish(name="bench")
    return target
