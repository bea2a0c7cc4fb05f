"""Plain files of preferences become dataset directories, or are refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from exports.dataset_dir import read_records, verify
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.preference_files import dataset_folder, left_out_of


def written(path: Path, *rows: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def answers(number: int, **changes: Any) -> dict[str, Any]:
    return {"prompt": f"Why {number}?", "answer1": "Because.", "answer2": "No."} | changes


def records(folder: Path, config: str) -> list[Any]:
    splits = ("train", "validation", "test")
    return [record for split in splits for record in read_records(folder, config, split)]


def test_pairs_of_a_file_are_split_once_and_for_all(tmp_path: Path) -> None:
    file = written(tmp_path / "mine.jsonl", *[answers(n) for n in range(100)])
    folder = dataset_folder(str(file), tmp_path / "run")
    assert folder == tmp_path / "run" / "inputs" / "dataset"
    assert verify(folder) == []
    train, held_out = (list(read_records(folder, "preference", s)) for s in ("train", "validation"))
    assert len(train) + len(held_out) == 100
    assert 3 <= len(held_out) <= 20
    assert not records(folder, "ranking")
    written(file, answers(0))
    assert dataset_folder(str(file), tmp_path / "run") == folder
    assert len(records(folder, "preference")) == 100


def test_ties_and_more_answers_make_every_row_a_ranking(tmp_path: Path) -> None:
    rows = [answers(1), answers(2, preferred="tie"), answers(3, answer3="Perhaps.")]
    folder = dataset_folder(str(written(tmp_path / "mine.jsonl", *rows)), tmp_path / "run")
    assert sorted(len(r.responses) for r in records(folder, "ranking")) == [2, 2, 3]
    assert len(records(folder, "preference")) == 1 + 3


HH = {"chosen": "\n\nHuman: Hi\n\nAssistant: Hello", "rejected": "\n\nHuman: Hi\n\nAssistant: No"}
TURN = {"role": "user", "content": "Hi"}
TRL = {
    "chosen": [TURN, {"role": "assistant", "content": "Hello"}],
    "rejected": [TURN, {"role": "assistant", "content": "No"}],
}


@pytest.mark.parametrize(
    "row",
    [HH, TRL, {"prompt": "Hi", "chosen": "Hello", "rejected": "No"}],
    ids=["hh", "trl", "trl-texts"],
)
def test_files_of_others(row: dict[str, Any], tmp_path: Path) -> None:
    folder = dataset_folder(str(written(tmp_path / "theirs.jsonl", row)), tmp_path / "run")
    (pair,) = records(folder, "preference")
    assert pair.prompt == [TURN]
    assert [pair.chosen[0]["content"], pair.rejected[0]["content"]] == ["Hello", "No"]


def test_a_csv_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text('prompt,answer1,answer2,preferred\n"Why, then?",Because.,No.,2\n')
    (pair,) = records(dataset_folder(str(file), tmp_path / "run"), "preference")
    assert (pair.prompt[0]["content"], pair.chosen[0]["content"]) == ("Why, then?", "No.")


def test_a_folder_may_have_a_file_for_each_split(tmp_path: Path) -> None:
    data = tmp_path / "data"
    written(data / "train.jsonl", answers(1), answers(2))
    written(data / "validation.jsonl", answers(3))
    folder = dataset_folder(str(data), tmp_path / "run")
    held_out = list(read_records(folder, "preference", "validation"))
    assert [record.prompt[0]["content"] for record in held_out] == ["Why 3?"]
    assert len(records(folder, "preference")) == 3


def test_a_dataset_directory_is_taken_as_it_is(pairs_dir: Path, tmp_path: Path) -> None:
    assert dataset_folder(str(pairs_dir), tmp_path / "run") == pairs_dir
    assert not (tmp_path / "run").exists()
    assert left_out_of(pairs_dir) == {}


def test_rows_that_teach_nothing_are_counted(tmp_path: Path) -> None:
    rows = [answers(1), answers(2, answer2="Because."), answers(3, answer2="Because.")]
    folder = dataset_folder(str(written(tmp_path / "mine.jsonl", *rows)), tmp_path / "run")
    assert left_out_of(folder) == {"answer2: two answers are the same; remove the row.": 2}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.jsonl", '{"question": "Why?", "text": "No."}\n', "has the columns question, text"),
        ("a.jsonl", '{"prompt": "Why?"}\n', "has the columns prompt, which say of no two answers"),
        ("a.jsonl", "", "has no comparison of two answers"),
        ("a.jsonl", '{"prompt": \n', "line 1: not valid JSON"),
        ("a.jsonl", json.dumps(answers(1, answer2="Because.")), "1 x answer2: two answers are"),
        ("a.txt", "Why?", "the name must end in"),
    ],
)
def test_what_is_no_preference_is_refused(
    name: str, text: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        dataset_folder(str(tmp_path / name), tmp_path / "run")
    assert not (tmp_path / "run" / "inputs" / "dataset").exists()
