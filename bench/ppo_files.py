"""What the benchmark `ppo` trains on: prompts and pairs out of Accord's guides and planted answers.

Lengths are in tokens of the model, so that every side sees prompts of the same length.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.planted_answers import THINGS, items

ROOT = Path(__file__).resolve().parents[1]

Message = dict[str, str]


def write_jsonl(path: Path, rows: Sequence[Any]) -> Path:
    """The rows as lines; the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def guide_rows(tokenizer: Any, count: int, prompt: int, response: int) -> list[dict[str, Any]]:
    """Prompts of ``prompt`` tokens out of our own guides, with what follows them and what does not.

    Words are taken whole, so a row may be a few tokens longer or shorter.
    """
    text = "\n".join(path.read_text() for path in sorted((ROOT / "docs").glob("*.md")))
    tokens = tokenizer(text)["input_ids"]
    span = prompt + response
    stride = (len(tokens) - span) // count
    if stride < 1:
        raise ValueError("The guides are too short for so many prompts: ask for fewer steps.")
    rows = []
    for number in range(count):
        start = number * stride
        other = (start + len(tokens) // 2) % (len(tokens) - response)
        parts = ((start, prompt), (start + prompt, response), (other, response))
        asked, chosen, rejected = (tokenizer.decode(tokens[a : a + n]) for a, n in parts)
        # A number in front keeps every prompt unlike the others.
        rows.append({"prompt": f"{number}. {asked}", "chosen": chosen, "rejected": rejected})
    return rows


def questions(count: int, seed: int) -> list[dict[str, Any]]:
    """Short questions, each unlike the others."""
    rng = random.Random(seed)
    numbers = rng.sample(range(10**6), count)
    return [
        {"prompt": f"Question {number}: what shall I do with my {rng.choice(THINGS)}?"}
        for number in numbers
    ]


def planted_pairs(count: int, seed: int) -> list[dict[str, Any]]:
    """Answers to such questions in pairs; which is better was decided by the planted truth."""
    rows = []
    for item in items(count, random.Random(seed)):
        better = item.answers if item.difference > 0 else item.answers[::-1]
        rows.append({"prompt": item.prompt, "chosen": better[0], "rejected": better[1]})
    return rows
