"""Small dataset directories with a planted truth, written straight from the record schemas."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from exports.records import (
    Comparison,
    Demonstration,
    JudgmentView,
    PreferencePair,
    Ranking,
    Record,
    UnpairedExample,
)

GOOD, BAD, FILLER = "kind", "rude", ["tea", "rain", "song", "lamp", "road", "bird"]


def answer(rng: random.Random, goodness: int) -> list[dict[str, str]]:
    """A response whose worth is the number of good words in it."""
    words = [GOOD] * goodness + [BAD] * (3 - goodness) + rng.choices(FILLER, k=rng.randint(1, 6))
    rng.shuffle(words)
    return [{"role": "assistant", "content": " ".join(words)}]


def prompt(rng: random.Random, number: int) -> list[dict[str, str]]:
    """A prompt unlike the others."""
    return [{"role": "user", "content": f"Say {rng.choice(FILLER)} number {number}."}]


def pair(number: int, rng: random.Random, **changes: object) -> PreferencePair:
    """A pair whose chosen response has more good words."""
    better, worse = sorted(rng.sample(range(4), 2), reverse=True)
    shown = rng.choice(["chosen", "rejected"])
    judgment = JudgmentView(
        id=f"j{number}", revision=1, labeler="a", choice="chosen", strength="better",
        shown_first=shown, seconds=3.0,
    )  # fmt: skip
    values: dict[str, object] = {
        "id": f"p{number}", "task": f"t{number}", "project": "x", "kind": "pairwise",
        "criterion": "overall", "language": rng.choice(["en", "ja"]), "tags": [],
        "prompt": prompt(rng, number), "reference": None, "response_sources": [],
        "judgments": [judgment], "labeled_at": None, "chosen": answer(rng, better),
        "rejected": answer(rng, worse), "strength": "better", "strength_margin": 2 / 3,
        "weight": 0.9, "rank_group": None,
    }  # fmt: skip
    return PreferencePair(**(values | changes))  # type: ignore[arg-type]


def ranking(number: int, rng: random.Random, **changes: object) -> Ranking:
    """Four responses with 3, 2, 2 and 0 good words: one tie."""
    worth = [3, 2, 2, 0]
    rng.shuffle(worth)
    comparisons = []
    for i, j in combinations(range(4), 2):
        p_i = 0.9 if worth[i] > worth[j] else 0.05
        p_j = 0.9 if worth[j] > worth[i] else 0.05
        margin = abs(worth[i] - worth[j]) / 3
        comparisons.append(
            Comparison(i=i, j=j, p_i=p_i, p_j=p_j, p_tie=1 - p_i - p_j, margin=margin, n=3)
        )
    values: dict[str, object] = {
        "id": f"r{number}", "task": f"t{number}", "project": "x", "kind": "ranking",
        "criterion": "overall", "language": "en", "tags": [], "prompt": prompt(rng, number),
        "reference": None, "response_sources": [], "judgments": [], "labeled_at": None,
        "responses": [answer(rng, w) for w in worth], "comparisons": comparisons,
        "ranks": [1 + sum(o > w for o in worth) for w in worth],
    }  # fmt: skip
    return Ranking(**(values | changes))  # type: ignore[arg-type]


def write_split(path: Path, split: str, records: list[Record]) -> None:
    """One Parquet file of a dataset directory."""
    kind = type(records[0])
    file = path / kind.config / f"{split}.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist([record.as_row() for record in records], schema=kind.schema)
    pq.write_table(table, file)


def make_pairs(path: Path, *, train: int = 32, held_out: int = 16, seed: int = 0) -> Path:
    """A directory of pairs with train, validation and test."""
    rng = random.Random(seed)
    for split, count in [("train", train), ("validation", held_out), ("test", held_out)]:
        start = {"train": 0, "validation": 1000, "test": 2000}[split]
        write_split(path, split, [pair(start + n, rng) for n in range(count)])
    return path


def make_rankings(path: Path, *, train: int = 16, held_out: int = 8, seed: int = 0) -> Path:
    """A directory of 4-way rankings with train and validation."""
    rng = random.Random(seed)
    write_split(path, "train", [ranking(n, rng) for n in range(train)])
    write_split(path, "validation", [ranking(1000 + n, rng) for n in range(held_out)])
    return path


def demonstration(number: int, rng: random.Random, **changes: object) -> Demonstration:
    """A response of good words that somebody wrote."""
    values: dict[str, object] = {
        "id": f"d{number}", "task": f"t{number}", "project": "x", "kind": "demonstration",
        "criterion": "overall", "language": "en", "tags": [], "prompt": prompt(rng, number),
        "reference": None, "response_sources": [], "judgments": [], "labeled_at": None,
        "completion": answer(rng, 3), "topic": None,
    }  # fmt: skip
    return Demonstration(**(values | changes))  # type: ignore[arg-type]


def unpaired(number: int, rng: random.Random, **changes: object) -> UnpairedExample:
    """A response that is good where its number is even."""
    good = number % 2 == 0
    values: dict[str, object] = {
        "id": f"u{number}", "task": f"t{number}", "project": "x", "kind": "unpaired",
        "criterion": "overall", "language": "en", "tags": [], "prompt": prompt(rng, number),
        "reference": None, "response_sources": [], "judgments": [], "labeled_at": None,
        "completion": answer(rng, 3 if good else 0), "label": good, "weight": 0.8,
    }  # fmt: skip
    return UnpairedExample(**(values | changes))  # type: ignore[arg-type]


def make_demonstrations(path: Path, *, train: int = 16, held_out: int = 8, seed: int = 0) -> Path:
    """A directory of demonstrations with train and validation."""
    rng = random.Random(seed)
    write_split(path, "train", [demonstration(n, rng) for n in range(train)])
    write_split(path, "validation", [demonstration(1000 + n, rng) for n in range(held_out)])
    return path


def make_unpaired(path: Path, *, train: int = 16, held_out: int = 8, seed: int = 0) -> Path:
    """A directory of responses judged by themselves with train and validation."""
    rng = random.Random(seed)
    write_split(path, "train", [unpaired(n, rng) for n in range(train)])
    write_split(path, "validation", [unpaired(1000 + n, rng) for n in range(held_out)])
    return path
