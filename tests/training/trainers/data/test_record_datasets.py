"""Datasets as tokens: nothing is cut, what is left out is counted, nonsense is refused."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from exports.records import Comparison
from tests.training.trainers.dataset_fixture import pair, ranking, write_split
from training.trainers.data.chat_text import ChatText
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.record_datasets import RecordReader

RNG = random.Random(0)


def reader(path: Path, tiny: Path, *, max_length: int = 200, data: str = "auto") -> RecordReader:
    text = ChatText(AutoTokenizer.from_pretrained(tiny))
    return RecordReader(path, text, max_length=max_length, data=data)


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def test_an_example_is_a_prompt_with_its_responses(pairs_dir: Path, tiny: Path) -> None:
    found = reader(pairs_dir, tiny)
    examples = found.examples("train")
    assert len(examples) == 32
    first = examples[0]
    assert len(first.responses) == len(first.chars) == 2
    assert first.length == len(first.prompt) + sum(map(len, first.responses))
    assert first.longest == len(first.prompt) + max(map(len, first.responses))
    report = found.report()["splits"]["train"]
    assert (report["rows"], report["examples"], report["comparisons"]) == (32, 32, 32)
    assert sum(report["lengths"].values()) == 32
    assert len(found.examples("validation", limit=3)) == 3


def test_rankings_come_before_pairs_unless_asked(tmp_path: Path, tiny: Path) -> None:
    write_split(tmp_path, "train", [pair(1, RNG)])
    assert reader(tmp_path, tiny).config == "preference"
    write_split(tmp_path, "train", [ranking(1, RNG)])
    assert reader(tmp_path, tiny).config == "ranking"
    assert reader(tmp_path, tiny, data="preference").config == "preference"


def test_a_long_response_leaves_with_its_comparisons_only(tmp_path: Path, tiny: Path) -> None:
    comparisons = [
        Comparison(i=i, j=j, p_i=1.0, p_j=0.0, p_tie=0.0, margin=0.0, n=1)
        for i, j in [(0, 1), (0, 2), (1, 2)]
    ]
    responses = [said("a"), said("tea " * 300), said("b")]
    write_split(tmp_path, "train", [ranking(1, RNG, responses=responses, comparisons=comparisons)])
    found = reader(tmp_path, tiny)
    (example,) = found.examples("train")
    assert [(c.better, c.worse) for c in example.comparisons] == [(0, 1)]
    assert example.chars == [1, 1]
    assert found.splits["train"].left_out == {"responses over max_length": 1}


def test_responses_that_become_the_same_tokens_are_left_out(tmp_path: Path, tiny: Path) -> None:
    write_split(
        tmp_path, "train", [pair(1, RNG, chosen=said("a "), rejected=said("a")), pair(2, RNG)]
    )
    found = reader(tmp_path, tiny)
    found.text.tokenizer.chat_template = (
        "{% for m in messages %}{{ m['content'] | trim }}<|end|>{% endfor %}"
    )
    assert len(found.examples("train")) == 1
    assert found.splits["train"].left_out["comparisons of identical responses"] == 1


def test_nothing_left_is_refused_with_the_reasons(pairs_dir: Path, tiny: Path) -> None:
    with pytest.raises(DataError, match="32 prompts over max_length"):
        reader(pairs_dir, tiny, max_length=8).examples("train")


def test_what_is_not_there_is_named(tmp_path: Path, tiny: Path, rankings_dir: Path) -> None:
    with pytest.raises(DataError, match="no ranking or preference records"):
        reader(tmp_path, tiny)
    with pytest.raises(DataError, match="no preference records"):
        reader(rankings_dir, tiny, data="preference")
    assert reader(rankings_dir, tiny).config == "ranking"
