"""Prompts of a given length, questions that differ, and pairs that the planted truth has judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.planted_truth import quality
from bench.ppo_files import guide_rows, planted_pairs, questions, write_jsonl


class Words:
    """A tokenizer whose tokens are words."""

    def __call__(self, text: str) -> dict[str, Any]:
        return {"input_ids": text.split()}

    def decode(self, tokens: list[str]) -> str:
        return " ".join(tokens)


def test_prompts_are_as_long_as_they_are_asked_for_and_unlike_one_another() -> None:
    rows = guide_rows(Words(), 5, 12, 7)
    assert [len(row["prompt"].split()) for row in rows] == [13] * 5
    assert {len(row[side].split()) for row in rows for side in ("chosen", "rejected")} == {7}
    assert len({row["prompt"] for row in rows}) == 5
    with pytest.raises(ValueError, match="too short for so many"):
        guide_rows(Words(), 10**7, 12, 7)


def test_questions_differ_and_come_again_by_their_seed() -> None:
    assert questions(50, 1) == questions(50, 1)
    assert len({row["prompt"] for row in [*questions(50, 1), *questions(50, 2)]}) == 100


def test_the_better_answer_of_a_pair_is_the_one_the_planted_truth_prefers(tmp_path: Path) -> None:
    pairs = planted_pairs(20, 3)
    for pair in pairs:
        assert quality(pair["prompt"], pair["chosen"]) > quality(pair["prompt"], pair["rejected"])
    path = write_jsonl(tmp_path / "new" / "pairs.jsonl", pairs)
    assert [json.loads(line) for line in path.read_text().splitlines()] == pairs
