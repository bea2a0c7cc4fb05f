"""Plain files of prompts: rows of many shapes, and the dataset directory that is made of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exports.dataset_dir import read_manifest
from training.trainers.data.labelled_prompts import DataError, read_rows
from training.trainers.data.prompt_files import file_prompts, prompts_folder


def lines(path: Path, *rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_texts_and_messages_with_their_known_answers(tmp_path: Path) -> None:
    talk = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    path = lines(
        tmp_path / "some.jsonl",
        {"prompt": "How many?", "reference": "5", "tags": ["sum"], "id": 7, "language": "en"},
        {"question": "How many?", "answer": "2 + 3\n#### 5"},
        {"prompt": talk, "reference": 5, "tags": "one"},
    )
    first, second, third = file_prompts(path)
    assert first.messages == [{"role": "user", "content": "How many?"}]
    assert (first.id, first.reference, first.tags, first.language) == ("7", "5", ["sum"], "en")
    assert (second.messages, second.reference) == (first.messages, "2 + 3\n#### 5")
    assert (third.messages, third.reference, third.tags) == (talk, "5", ["one"])
    assert len(second.id) == 16
    assert second.id != third.id


def test_a_text_file_has_a_prompt_in_every_line(tmp_path: Path) -> None:
    path = tmp_path / "some.txt"
    path.write_text("tea\u2028?\n\n rain? \n")
    assert [prompt.messages[0]["content"] for prompt in file_prompts(path)] == [
        "tea\u2028?",
        "rain?",
    ]


def test_a_table_has_columns(tmp_path: Path) -> None:
    path = tmp_path / "some.csv"
    path.write_text("question,answer\nHow many?,5\n")
    (prompt,) = file_prompts(path)
    assert (prompt.messages[0]["content"], prompt.reference) == ("How many?", "5")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.jsonl", '{"prompt": "x"}\n{"prompt": 5}\n', r"line 2 is not \{'prompt'"),
        ("a.jsonl", '{"prompt": [{"role": "user", "content": null}]}', "None is no text"),
        ("a.jsonl", "{", r"line 1 is not a prompt"),
        ("a.xyz", "x", "the name must end in"),
    ],
)
def test_a_line_that_is_no_prompt_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=said):
        list(file_prompts(tmp_path / name))


def test_a_file_becomes_a_dataset_once(tmp_path: Path) -> None:
    rows = [{"prompt": f"Say {n}.", "answer": n} for n in range(60)]
    path = lines(tmp_path / "some.jsonl", *rows)
    run = tmp_path / "run"
    folder = prompts_folder(str(path), run)
    parts = {split: read_rows(folder, "prompt_only", split) for split in ("train", "validation")}
    assert sum(map(len, parts.values())) == 60
    assert 1 <= len(parts["validation"]) <= 15
    assert {
        row["prompt"][0]["content"]: row["reference"] for part in parts.values() for row in part
    } == {f"Say {n}.": str(n) for n in range(60)}
    assert read_manifest(folder)["counts"]
    path.unlink()
    assert prompts_folder(str(path), run) == folder


def test_a_folder_has_a_file_for_each_split(tmp_path: Path) -> None:
    folder = tmp_path / "problems"
    lines(folder / "train.jsonl", {"question": "1 + 1?", "answer": "#### 2"})
    lines(folder / "test.jsonl", {"question": "2 + 1?", "answer": "#### 3"})
    made = prompts_folder(str(folder), tmp_path / "run")
    assert [row["reference"] for row in read_rows(made, "prompt_only", "test")] == ["#### 3"]
    assert [row["reference"] for row in read_rows(made, "prompt_only", "train")] == ["#### 2"]


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no file and has no train or validation or test file"):
        prompts_folder(str(tmp_path / "none.jsonl"), tmp_path / "run")
    with pytest.raises(DataError, match="has no prompt"):
        prompts_folder(str(lines(tmp_path / "empty.jsonl")), tmp_path / "run")
