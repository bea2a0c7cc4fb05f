"""What `--data` may name, what is left out of it, and what becomes pairs and gold."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from annotation.readers.accord import parse
from bench.demo_data import (
    FEWEST_PROMPTS,
    LONGEST_RESPONSE,
    DemoDataError,
    pair_rows,
    read_data,
    usual_difference,
    write_rows,
)
from bench.planted_truth import quality, text_of
from config.homes import ROOT

INSTRUCTIONS = ROOT.parent / "shared" / "data" / "instructions_en"


def test_the_samples_are_all_used() -> None:
    data = read_data(None, most=72)
    assert len(data.rows) == data.found == 72
    assert {len(row["responses"]) for row in data.rows} == {4}
    assert data.sentence.endswith("all 72 prompts")


def test_a_limit_takes_rows_from_the_whole_file_and_says_so() -> None:
    data = read_data(None, most=24)
    assert {row["language"] for row in data.rows} == {"en", "ja"}
    assert "24 of 72 prompts (the time limit allows 24)" in data.sentence


def rows_file(folder: Path, rows: list[dict[str, object]]) -> Path:
    return write_rows(rows, folder / "mine.jsonl")


def test_reads_accords_own_rows_and_shortens_them(tmp_path: Path) -> None:
    texts = ["one", "one", "two", "three", "x" * (LONGEST_RESPONSE + 1), "four", "five"]
    rows: list[dict[str, object]] = [
        {"prompt": f"Question {i}?", "responses": texts} for i in range(FEWEST_PROMPTS)
    ]
    rows.append({"prompt": "Lonely?", "responses": ["one"]})
    data = read_data(rows_file(tmp_path, rows), most=72)
    assert len(data.rows) == FEWEST_PROMPTS
    assert data.found == FEWEST_PROMPTS + 1
    kept = [text_of(r["messages"]) for r in data.rows[0]["responses"]]
    assert kept == ["one", "two", "three", "four"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"prompt": "a", "answers": []}\n', "line 1: answers: is not a known field"),
        ("", "has 0 prompts"),
        ('{"prompt": "a", "responses": ["b", "c"]}\n', "has 1 prompts"),
    ],
)
def test_bad_files_are_one_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(content)
    with pytest.raises(DemoDataError, match=sentence):
        read_data(file, most=72)


def test_what_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DemoDataError, match="does not exist"):
        read_data(tmp_path / "nothing.jsonl", most=72)
    with pytest.raises(DemoDataError, match="holds 0 files"):
        read_data(tmp_path, most=72)


def predictions(folder: Path, models: int, instructions: int) -> None:
    for model in range(models):
        lines = [
            {"instruction": f"Do {i}.", "input": "", "response": f" answer {model} "}
            for i in range(instructions)
        ]
        file = folder / f"selfinstruct_m{model}_predictions.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_a_folder_of_models_is_rotated(tmp_path: Path) -> None:
    predictions(tmp_path, models=8, instructions=40)
    data = read_data(tmp_path, most=40)
    used = Counter(r["source"] for row in data.rows for r in row["responses"])
    assert used == {f"m{model}": 20 for model in range(8)}
    assert data.rows[0]["prompt"] == [{"role": "user", "content": "Do 0."}]


@pytest.mark.skipif(not INSTRUCTIONS.is_dir(), reason="the public data is not beside the project")
def test_the_eight_models_make_four_way_rankings() -> None:
    data = read_data(INSTRUCTIONS, most=1000)
    assert data.found >= 250
    assert len(data.rows) > 200
    assert sum(len(row["responses"]) == 4 for row in data.rows) > 0.9 * len(data.rows)
    assert len({r["source"] for row in data.rows for r in row["responses"]}) == 8


def test_pairs_take_every_two_places_and_the_clearest_are_gold() -> None:
    rows = read_data(None, most=72).rows
    pairs = pair_rows(rows, gold=12)
    assert len(pairs) == 72
    sources = Counter(tuple(sorted(r["source"] for r in p["responses"])) for p in pairs)
    assert len(sources) == 6
    golds = [pair for pair in pairs if "gold" in pair]
    assert len(golds) == 12
    for pair in golds:
        prompt = text_of(pair["prompt"])
        values = [quality(prompt, text_of(r["messages"])) for r in pair["responses"]]
        assert pair["gold"]["chosen"] == values.index(max(values))
        assert abs(values[0] - values[1]) > 2
    assert "gold" not in rows[0]


def test_pairs_of_two_responses_are_those_two() -> None:
    row = {
        "prompt": [{"role": "user", "content": "q"}],
        "responses": [
            {"messages": [{"role": "assistant", "content": c}], "source": c} for c in "ab"
        ],
    }
    for pair in pair_rows([row] * 4, gold=0):
        assert {r["source"] for r in pair["responses"]} == {"a", "b"}


def test_written_rows_are_what_an_import_reads(tmp_path: Path) -> None:
    rows = pair_rows(read_data(None, most=72).rows)
    lines = write_rows(rows, tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    candidates = [parse(json.loads(line), "file") for line in lines]
    assert sum(candidate.gold is not None for candidate in candidates) == 12
    assert {len(candidate.responses) for candidate in candidates} == {2}


def test_the_usual_difference_is_a_median_over_pairs_of_one_prompt() -> None:
    assert usual_difference(read_data(None, most=72).rows) == pytest.approx(1.6, abs=0.15)
    same = {"messages": [{"role": "assistant", "content": "Yes."}], "source": "s"}
    row = {"prompt": [{"role": "user", "content": "q"}], "responses": [same, same]}
    assert usual_difference([row]) == 1.0
