"""What a person reads before a run: leakage, an example as its tokens go in, warnings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer

from training.run_dir import RunDir
from training.trainers.data.chat_text import ChatText
from training.trainers.data.data_report import (
    add_to_report,
    example_of,
    leakage,
    report_text,
    warnings_of,
)
from training.trainers.data.record_datasets import Example, RecordReader


def examples(pairs_dir: Path, tiny: Path) -> tuple[RecordReader, list[Example], Any]:
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    reader = RecordReader(pairs_dir, ChatText(tokenizer), max_length=200, data="auto")
    return reader, reader.examples("train"), tokenizer


def test_prompts_on_both_sides_are_counted(pairs_dir: Path, tiny: Path) -> None:
    reader, train, _ = examples(pairs_dir, tiny)
    held_out = reader.examples("validation")
    assert leakage(train, held_out) == {"held_out": 16, "same_prompt": 0, "same_responses": 0}
    answered_anew = replace(train[0], responses=[[1], [2]])
    turned = replace(train[1], responses=train[1].responses[::-1])
    leaked = leakage(train, [*held_out, answered_anew, turned])
    assert leaked == {"held_out": 18, "same_prompt": 2, "same_responses": 1}


def test_the_example_is_what_the_tokens_say(pairs_dir: Path, tiny: Path) -> None:
    _, train, tokenizer = examples(pairs_dir, tiny)
    shown = example_of(train, tokenizer)
    median = sorted(train, key=lambda e: e.length)[16]
    assert shown["tokens"] == median.length
    assert shown["trained_tokens"] == sum(map(len, median.responses))
    assert f"[prompt, {len(median.prompt)} tokens]\n<|start|>user\nSay" in shown["text"]
    assert f"[response 1, better, {len(median.responses[0])} tokens]" in shown["text"]
    assert f"[response 2, worse, {len(median.responses[1])} tokens]" in shown["text"]
    assert shown["text"].endswith("<|end|>")


def test_what_is_odd_gets_a_sentence_and_the_rest_none(pairs_dir: Path, tiny: Path) -> None:
    reader, *_ = examples(pairs_dir, tiny)
    quiet = reader.report() | {"leakage": {"held_out": 9, "same_prompt": 0}}
    quiet["splits"]["train"] |= {"examples": 1000, "rows": 1000}
    assert warnings_of(quiet) == []
    text = quiet["text"] | {
        "plain_template": True, "conversations": 10, "not_prefix_stable": 5, "doubled_bos": 1,
        "missing_eos": 2,
    }  # fmt: skip
    split = {"rows": 100, "examples": 20, "duplicates": 5, "left_out": {"too long": 80}}
    loud = {
        "text": text,
        "splits": {"train": split},
        "leakage": {"held_out": 0, "same_prompt": 3},
        "why_not_shared": "it is odd",
    }
    assert len(warnings_of(loud)) == 10


def test_the_report_reads_as_text(pairs_dir: Path, tiny: Path, tmp_path: Path) -> None:
    reader, train, tokenizer = examples(pairs_dir, tiny)
    run = RunDir(tmp_path / "run")
    run.create({})
    add_to_report(run, reader.report() | {"example": example_of(train, tokenizer)})
    estimate = {"seconds": 120.0, "steps": 4, "seconds_per_step": 30.0, "memory_bytes": 2e9}
    add_to_report(run, {"estimate": estimate, "warnings": ["Look here."]})
    text = report_text(run)
    assert "train: rows 32, examples 32" in text
    assert "to 64" in text
    assert "[response 1, better," in text
    assert "! Look here." in text
    assert "About 2 minutes for 4 steps of 30.00 s, with 2.0 GB of memory at most." in text
    assert json.loads((run.path / "data_report.json").read_text())["records"] == "preference"
