"""Prompts as tokens: of any records, with instruction and answer; what does not fit is counted."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, ClassVar

import pytest
from transformers import AutoTokenizer

from tests.training.trainers.dataset_fixture import pair, write_split
from training.run_dir import RunDir
from training.trainers.configs import RewardedConfig
from training.trainers.data.chat_text import ChatText
from training.trainers.data.labelled_prompts import DataError, cluster_of
from training.trainers.data.prompt_files import Prompt
from training.trainers.data.prompt_rows import (
    dataset_prompts,
    encode_prompts,
    held_out_split,
    read_prompt_rows,
    with_instruction,
)
from training.trainers.loop.starting import start_run


class Rewarded(RewardedConfig):
    trainer: ClassVar[str] = "rewarded"


def configured(**values: Any) -> Rewarded:
    return Rewarded.from_dict({"rules": "json", "max_new_tokens": 6} | values)


@pytest.fixture(scope="module")
def text(tiny: Path) -> ChatText:
    return ChatText(AutoTokenizer.from_pretrained(tiny))


def asked(content: str, **more: Any) -> Prompt:
    messages = [{"role": "user", "content": content}]
    return Prompt(id=more.pop("id", cluster_of(messages)), messages=messages, **more)


def test_prompts_of_pairs_and_of_rankings(
    pairs_dir: Path, rankings_dir: Path, text: ChatText
) -> None:
    for folder, train, held_out in ((pairs_dir, 32, 16), (rankings_dir, 16, 8)):
        data = read_prompt_rows(configured(dataset=str(folder)), text, 200)
        assert (len(data.train), len(data.held_out), data.held_out_split) == (
            train,
            held_out,
            "validation",
        )
        row = data.train[0]
        assert row.prompt == text.prompt_tokens(row.messages)
        assert (row.responses, row.length, row.longest) == (
            [],
            len(row.prompt),
            len(row.prompt) + 6,
        )
        assert data.report["splits"]["train"]["examples"] == train
        assert {row.cluster for row in data.train}.isdisjoint(row.cluster for row in data.held_out)


def test_the_same_prompt_is_answered_once(tmp_path: Path, text: ChatText) -> None:
    rng = random.Random(0)
    same = [{"role": "user", "content": "Again?"}]
    records = [pair(n, rng, prompt=same, reference="yes", tags=["t"]) for n in range(3)]
    write_split(tmp_path, "train", records)
    data = read_prompt_rows(configured(dataset=str(tmp_path)), text, 200)
    (row,) = data.train
    assert (row.reference, row.tags, row.messages) == ("yes", ["t"], same)
    assert data.held_out == []
    assert held_out_split(tmp_path) == ""


def test_what_does_not_fit_is_left_out_and_counted(text: ChatText) -> None:
    prompts = [asked("tea " * n) for n in (1, 20, 3)]
    sizes = [len(text.prompt_tokens(prompt.messages)) for prompt in prompts]
    rows, left_out = encode_prompts(prompts, text, longest=sizes[2], whole=900, new_tokens=5)
    assert [len(row.prompt) for row in rows] == [sizes[0], sizes[2]]
    assert left_out == {"prompts over max_prompt_tokens": 1}
    whole = sizes[2] + 2
    rows, _ = encode_prompts(prompts, text, longest=900, whole=whole, new_tokens=5)
    assert [(row.longest, row.room) for row in rows] == [
        (min(whole, sizes[0] + 5), min(5, whole - sizes[0])),
        (whole, 2),
    ]
    with pytest.raises(DataError, match=r"no prompt to answer \(3 too long or refused\)"):
        encode_prompts(prompts, text, longest=1, whole=900, new_tokens=5)


def test_an_instruction_stands_behind_what_was_said_last(text: ChatText) -> None:
    plain, asks = asked("How many?"), "Box it."
    (row,), _ = encode_prompts([plain], text, longest=99, whole=99, new_tokens=5, instruction=asks)
    assert row.messages == [{"role": "user", "content": "How many?\n\nBox it."}]
    assert row.prompt == text.prompt_tokens(row.messages)
    assert row.id == row.cluster == plain.id
    assert plain.messages[0]["content"] == "How many?"
    assert with_instruction([], asks) == []
    begun = [*plain.messages, {"role": "assistant", "content": "Well,"}]
    assert with_instruction(begun, asks) == [*row.messages, begun[1]]


def test_prompts_without_a_known_answer_are_left_out_where_one_is_needed(
    pairs_dir: Path, text: ChatText
) -> None:
    prompts = [asked("a?", reference="1"), asked("b?"), asked("c?", reference=" ")]
    rows, left_out = encode_prompts(
        prompts, text, longest=99, whole=99, new_tokens=5, with_reference=True
    )
    assert [row.reference for row in rows] == ["1"]
    assert left_out == {"prompts without a known answer": 2}
    with pytest.raises(DataError, match="no prompt has a known answer: give the prompts"):
        read_prompt_rows(configured(dataset=str(pairs_dir), rules="exact_answer"), text, 200)


def test_a_split_that_is_not_there_is_named(rankings_dir: Path) -> None:
    with pytest.raises(DataError, match="has no split test"):
        list(dataset_prompts(rankings_dir, "test"))
    assert len(list(dataset_prompts(rankings_dir, "all"))) == 24


def test_a_run_starts_on_a_file_of_prompts(tiny: Path, tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    rows = [{"question": f"What is {n} + 1?", "answer": f"#### {n + 1}"} for n in range(80)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = RunDir(tmp_path / "run")
    config = configured(
        model=str(tiny), prompts_file=str(file), rules="exact_answer", instruction="Be brief.",
        threads=1,
    )  # fmt: skip
    run.create(config.as_dict())
    start = start_run(run, config, reward=False, read=read_prompt_rows)
    assert len(start.train) + len(start.held_out) == 80
    assert start.held_out_split == "validation"
    row = start.train[0]
    number = int(row.messages[0]["content"].split()[2])
    assert (row.reference, row.kind) == (f"#### {number + 1}", "prompt")
    report = json.loads((run.path / "data_report.json").read_text())
    assert report["leakage"] == {
        "held_out": len(start.held_out),
        "same_prompt": 0,
        "same_responses": 0,
    }
    assert "[prompt," in report["example"]["text"]
