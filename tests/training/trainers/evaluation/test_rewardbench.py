"""RewardBench-style files of both layouts, and the benchmarks' own scores by hand."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from training.trainers.data.chat_text import ChatText
from training.trainers.data.labelled_prompts import DataError
from training.trainers.data.record_datasets import Example
from training.trainers.evaluation.rewardbench import (
    SECTIONS,
    BenchItem,
    bench_report,
    credit,
    read_items,
    ties_score,
)
from training.trainers.models.model_loading import load_policy


def item(subset: str, right: int, chars: list[int], name: str = "1") -> BenchItem:
    example = Example(
        id=name, cluster=f"{subset}-{name}", prompt=[1], responses=[[2]] * len(chars), chars=chars,
        comparisons=[], messages=[],
    )  # fmt: skip
    return BenchItem(id=name, subset=subset, right=right, example=example)


@pytest.fixture(scope="module")
def text(tiny: Path) -> ChatText:
    return ChatText(load_policy(str(tiny)).tokenizer)


def read(path: Path, text: ChatText, *rows: Any, max_length: int = 200) -> Any:
    file = path / "bench.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    file.write_text("\n".join(lines), encoding="utf-8")
    left_out: Counter[str] = Counter()
    return read_items(file, text, max_length=max_length, left_out=left_out), left_out


def test_other_line_separators_stay_in_their_text(tmp_path: Path, text: ChatText) -> None:
    row = {"prompt": "Say tea.\u2028Now\x85 please.", "chosen": "tea\u2029x", "rejected": "no"}
    (found,), _ = read(tmp_path, text, json.dumps(row, ensure_ascii=False) + "\r\n")
    assert found.example.messages[0]["content"] == row["prompt"]


def test_both_layouts_and_conversations_are_read(tmp_path: Path, text: ChatText) -> None:
    said = [{"role": "user", "content": "Say rain."}, {"role": "assistant", "content": "rain"}]
    other = [said[0], {"role": "assistant", "content": "no"}]
    items, left_out = read(
        tmp_path,
        text,
        {"id": 7, "prompt": "Say tea.", "chosen": "tea", "rejected": "no tea", "subset": "hep-go"},
        {"prompt": "Say song.", "chosen": ["song"], "rejected": ["a", "b", "c"], "subset": "Math"},
        {"chosen": said, "rejected": other},
        {"prompt": [said[0]], "chosen": said, "rejected": other, "subset": "x"},
        {"prompt": "Say road.", "chosen": "road " * 300, "rejected": "r", "subset": "x"},
        "",
    )
    assert [(i.id, i.subset, i.right, len(i.example.responses)) for i in items] == [
        ("7", "hep-go", 1, 2), ("2", "Math", 1, 4), ("3", "not given", 1, 2), ("4", "x", 1, 2),
    ]  # fmt: skip
    assert items[0].example.chars == [3, 6]
    assert items[2].example.prompt == items[3].example.prompt
    assert items[2].example.responses == items[3].example.responses
    assert left_out == {"prompts over max_length": 1}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"prompt": "p", "chosen": "c"}, "line 1 is no RewardBench item"),
        ({"prompt": "p", "chosen": [], "rejected": ["r"]}, "line 1 is no RewardBench item"),
        ({"prompt": "p", "chosen": 3, "rejected": "r"}, "line 1 is no RewardBench item"),
        ({"chosen": "c", "rejected": "r"}, "line 1 is no RewardBench item"),
        ("[1]", "line 1 is not a JSON object"),
        ("{", "line 1 is not JSON"),
    ],
)
def test_a_line_that_is_no_item_is_named(
    tmp_path: Path, text: ChatText, row: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, text, row)


def test_files_without_a_usable_item_are_refused(tmp_path: Path, text: ChatText) -> None:
    row = {"prompt": "p " * 99, "chosen": "c", "rejected": "r"}
    with pytest.raises(DataError, match="no item that can be scored"):
        read(tmp_path, text, row, max_length=8)
    with pytest.raises(DataError, match="cannot be read"):
        read_items(tmp_path / "none.jsonl", text, max_length=8, left_out=Counter())


def test_credit_is_shared_among_the_best() -> None:
    assert credit(1, [2.0, 1.0]) == 1
    assert credit(1, [1.0, 2.0]) == 0
    assert credit(1, [1.0, 1.0]) == 0.5
    assert credit(1, [3.0, 1.0, 3.0, 3.0]) == pytest.approx(1 / 3)


def test_sections_weigh_their_subsets_as_the_benchmark_does() -> None:
    items = [item("math-prm", 1, [1, 2], str(n)) for n in range(4)]
    items += [item("hep-go", 1, [2, 1], str(n)) for n in range(2)]
    items += [item("donotanswer", 1, [2, 1], str(n)) for n in range(2)]
    right, wrong = [1.0, 0.0], [0.0, 1.0]
    found = bench_report(items, [right, right, right, wrong, wrong, right, wrong, wrong])
    assert {name: part["accuracy"] for name, part in found["by_subset"].items()} == {
        "donotanswer": 0.0, "hep-go": 0.5, "math-prm": 0.75,
    }  # fmt: skip
    reasoning = (984 * 0.75 + 164 * 0.5) / (984 + 164)
    assert found["by_section"]["Reasoning"]["accuracy"] == pytest.approx(reasoning)
    assert set(found["by_section"]) == {"Reasoning", "Safety"}
    assert found["score"] == pytest.approx(reasoning / 2)
    assert found["overall"]["accuracy"] == 0.5
    math_part = found["by_subset"]["math-prm"]
    assert math_part["accuracy_low"] < 0.75 < math_part["accuracy_high"]
    assert (math_part["accuracy_longer"], math_part["accuracy_chance"]) == (0.0, 0.5)
    assert (math_part["pairs"], math_part["prompts"]) == (4, 4)


def test_all_code_weighs_as_much_as_mathematics() -> None:
    reasoning = SECTIONS["Reasoning"]
    assert sum(n for name, n in reasoning.items() if name != "math-prm") == reasoning["math-prm"]
    assert sum(len(subsets) for subsets in SECTIONS.values()) == 23


def test_the_second_layout_is_the_mean_of_its_subsets() -> None:
    items = [item("Math", 1, [1, 2, 3, 4], str(n)) for n in range(3)]
    items += [item("Focus", 1, [4, 3, 2, 1])]
    scores = [[9.0, 1, 2, 3], [1.0, 2, 3, 4], [2.0, 2, 1, 0], [5.0, 1, 2, 3]]
    found = bench_report(items, scores)
    assert found["by_section"] == {}
    assert found["by_subset"]["Math"]["accuracy"] == pytest.approx(0.5)
    assert found["by_subset"]["Math"]["accuracy_chance"] == 0.25
    assert found["score"] == pytest.approx(0.75)


def test_ties_have_the_benchmarks_own_score() -> None:
    tied = (item("Ties", 2, [1, 1, 1], "tied:1"), [5.0, 4.0, 1.0])  # gap 3, spread 1
    ref = (item("Ties", 1, [1, 1], "ref:1"), [2.0, 0.0])  # gap 2
    tied_wrong = (item("Ties", 2, [1, 1, 1], "tied:2"), [5.0, 1.0, 3.0])  # gap -2, spread 4
    ref_right = (item("Ties", 1, [1, 1], "ref:2"), [9.0, 0.0])
    expected = (
        0.3 * 0.5 + 0.3 * 1.0 + 0.2 * 0.5 + 0.2 * 0.5
        + 0.01 * (math.tanh(2 / 1 - 1) + math.tanh(-2 / 4 - 1)) / 2
    )  # fmt: skip
    pairs = [tied, ref, tied_wrong, ref_right]
    assert ties_score(pairs) == pytest.approx(expected)
    found = bench_report([i for i, _ in pairs], [s for _, s in pairs])
    assert found["by_subset"]["Ties"]["accuracy"] == pytest.approx(expected)
    assert found["by_subset"]["Ties"]["accuracy_low"] is None
    assert ties_score([tied]) == pytest.approx(0.3)
    equal = (item("Ties", 2, [1, 1, 1], "tied:3"), [4.0, 4.0, 1.0])
    alone = (item("Ties", 1, [1, 1], "ref:3"), [2.0, 0.0])
    assert ties_score([equal, alone]) == pytest.approx(0.6 + 0.4 + 0.01)
