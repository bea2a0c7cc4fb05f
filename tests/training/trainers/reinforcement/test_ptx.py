"""What the policy goes on imitating: demonstrations, or text in rows of one length."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from tests.training.trainers.dataset_fixture import make_demonstrations
from tests.training.trainers.reinforcement.ppo_fixture import settings
from training.trainers.data.dataset_checks import DataError
from training.trainers.reinforcement.ptx import PtxRow, PtxRows, read_ptx
from training.trainers.shared_prompt import Rows


def rows_of(tiny: Path, data: Path, **changes: int) -> list[PtxRow]:
    config = settings(data, tiny, ptx_coefficient=1.0, ptx_data=str(data), **changes)
    return read_ptx(config, AutoTokenizer.from_pretrained(tiny), data.parent)


def test_demonstrations_teach_their_responses(tiny: Path, tmp_path: Path) -> None:
    rows = rows_of(tiny, make_demonstrations(tmp_path / "data", train=5))
    assert len(rows) == 5
    end = AutoTokenizer.from_pretrained(tiny).eos_token_id
    assert all(row.responses[0][-1] == end and len(row.prompt) > 1 for row in rows)


def test_text_is_cut_into_rows_with_ends_between_texts(tiny: Path, tmp_path: Path) -> None:
    texts = ["kind song road " * 8, "rude rain"]
    lines = tmp_path / "texts.jsonl"
    lines.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    rows = rows_of(tiny, lines, ptx_length=8)
    assert {row.length for row in rows[:-1]} == {8}
    assert all(row.prompt == [tokenizer.bos_token_id] for row in rows)
    every = [token for row in rows for token in row.responses[0]]
    assert every.count(tokenizer.eos_token_id) == 2
    assert tokenizer.decode(every, skip_special_tokens=True) == "".join(texts)
    plain = tmp_path / "text.txt"
    plain.write_text(texts[0])
    assert rows_of(tiny, plain, ptx_length=512)[0].responses[0][-1] == tokenizer.eos_token_id


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", " \n", "holds no text"),
        ("a.jsonl", '{"words": 1}\n', "cannot be read"),
        ("a.jsonl", "{\n", "cannot be read"),
        ("a.txt", None, "is not there"),
    ],
)
def test_what_holds_no_text_is_refused(
    name: str, content: str | None, message: str, tiny: Path, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        rows_of(tiny, tmp_path / name)


def test_the_rows_of_an_optimiser_step_follow_from_its_number(tiny: Path, tmp_path: Path) -> None:
    config = settings(
        tmp_path, tiny, ptx_coefficient=1.0, ptx_data="x", ptx_batch_size=3, update_epochs=2,
        minibatches=2,
    )  # fmt: skip
    rows = [PtxRow([1], [[number]]) for number in range(10)]
    one, other = (PtxRows(rows, Rows(None, pad_id=0, shared=True), config) for _ in range(2))
    seen = [one.rows(step, update) for step in range(2) for update in range(4)]
    assert seen == [other.rows(step, update) for step in range(2) for update in range(4)]
    first_pass = [row.responses[0][0] for some in seen[:4] for row in some]
    assert sorted(first_pass) == list(range(10))
