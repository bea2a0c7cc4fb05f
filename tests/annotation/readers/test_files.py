"""Files as rows: lists, tables, packed and broken ones, each problem with its line and field."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pytest

from annotation.readers import files
from annotation.readers.base import FileError
from annotation.readers.catalog import READERS, guess_format
from annotation.readers.files import read_rows


def written(tmp_path, name: str, data: bytes):
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("blank", [b"", b"\n  "])
def test_a_json_list_is_read_a_piece_at_a_time(tmp_path, blank):
    rows = [{"a": n, "text": "é" * 1000} for n in range(2000)]
    data = blank + b"[" + (b"," + blank).join(json.dumps(r).encode() for r in rows) + b"]\n"
    found = list(read_rows(written(tmp_path, "rows.json", data)))
    assert [row.number for row in found] == list(range(1, 2001))
    assert [row.fields for row in found] == rows


def test_lines_may_be_called_json(tmp_path):
    path = written(tmp_path, "rows.json", b'\xef\xbb\xbf{"a": 1}\n{"a": 2}\n')
    assert [row.fields["a"] for row in read_rows(path)] == [1, 2]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("rows.json", b'[{"a": 1}, {"b"', "row 2: not valid JSON"),
        ("rows.json", b'[{"a": 1} {"b": 2}]', "after row 1: a comma"),
        ("rows.json", b'{\n"a": 1}', "one JSON object and not a list"),
        ("rows.jsonl", '{"a": 1}'.encode("utf-16"), "UTF-16"),
        ("rows.jsonl", '{"a": 1}'.encode("utf-16-le"), "UTF-16 or no text"),
        ("rows.csv", "a,b".encode("utf-16"), "UTF-16"),
        ("rows.csv", b"", "line 1: there is no heading"),
        ("rows.csv", b"a,a\n1,2\n", "two columns are named 'a'"),
        ("rows.csv", b'a,b\n1,"never\nclosed', "line 2: this is not CSV"),
        ("rows.jsonl.zst", b"plain", "zstd data is damaged"),
    ],
)
def test_what_is_no_such_file_is_refused_with_the_place(tmp_path, name, data, problem):
    with pytest.raises(FileError, match=problem):
        list(read_rows(written(tmp_path, name, data)))


@pytest.mark.parametrize(
    ("line", "field", "problem"),
    [
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "c", "given twice"),
        (b'{"a": [1, {"b": NaN}]}', "a.1.b", "NaN"),
        (b'{"a": -Infinity}', "a", "no number"),
        (b'{"a": "\xff"}', "", "byte 7 is not UTF-8"),
        (b'{"a": ' + b"1" * 5000 + b"}", "", "not valid JSON"),
        (b'{"a": ' + b"[" * 100_000 + b"}", "", "not valid JSON"),
    ],
)
def test_what_json_leaves_open_is_a_bad_row(tmp_path, line, field, problem):
    good, bad = read_rows(written(tmp_path, "rows.jsonl", b'{"a": 0}\n' + line))
    assert good.error is None
    assert (bad.number, bad.error.field) == (2, field)
    assert problem in bad.error.problem


def test_zstd_is_unpacked(tmp_path):
    data = b"".join(b'{"a": %d}\n' % n for n in range(1000))
    packed = pa.compress(data, codec="zstd", asbytes=True)
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    packed = sink.getvalue().to_pybytes()
    found = [row.fields["a"] for row in read_rows(written(tmp_path, "rows.jsonl.zst", packed))]
    assert found == list(range(1000))


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "FREE_OF_RATIO", 64 * 1024)
    bomb = written(tmp_path, "rows.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 100_000))
    with pytest.raises(FileError, match="250 times"):
        list(read_rows(bomb))
    monkeypatch.setattr(files, "MAX_UNPACKED", 1000)
    with pytest.raises(FileError, match="64 GB"):
        list(read_rows(bomb))


def test_a_line_is_not_read_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_LINE", 1000)
    with pytest.raises(FileError, match="line 2: longer"):
        list(read_rows(written(tmp_path, "rows.jsonl", b'{"a": 1}\n' + b"x" * 5000)))


def test_tables_are_read_by_their_heading(tmp_path):
    data = '\ufeffprompt;answer 1\n"two\nlines";"a;b"\n\nlast;\n'.encode()
    first, last = read_rows(written(tmp_path, "rows.csv", data))
    assert (first.number, first.fields) == (2, {"prompt": "two\nlines", "answer 1": "a;b"})
    assert (last.number, last.fields) == (5, {"prompt": "last", "answer 1": None})
    (tabbed,) = read_rows(written(tmp_path, "rows.tsv", b"a\tb\n1,2\t3\n"))
    assert tabbed.fields == {"a": "1,2", "b": "3"}


def test_bad_cells_are_named(tmp_path):
    data = b"prompt,response\nwhy,\xff\nwhy,a,b\nwhy,good\n"
    broken, many, good = read_rows(written(tmp_path, "rows.csv", data))
    assert (broken.number, broken.error.field) == (2, "response")
    assert "3 cells under 2 columns" in many.error.problem
    assert good.error is None


def test_the_files_of_a_folder_are_one(tmp_path):
    for name, count in (("0.jsonl", 2), ("1.csv", 1)):
        text = "a\n1\n" if name.endswith("csv") else '{"a": 1}\n' * count
        (tmp_path / name).write_text(text)
    assert [row.number for row in read_rows(tmp_path)] == [1, 2, 4]


@pytest.mark.parametrize(
    ("names", "format", "columns"),
    [
        (["prompt", "responses", "language"], "accord", {}),
        (["chosen", "rejected"], "hh_rlhf", {}),
        (["prompt", "chosen", "rejected", "score_chosen"], "trl", {}),
        (["prompt", "completion", "label"], "trl_unpaired", {}),
        (["prompt", "completion"], "trl_prompt_completion", {}),
        (["id", "prompt"], "trl_prompt_only", {}),
        (["history", "human_ref_A", "human_ref_B", "labels"], "shp", {}),
        (["instruction", "completions", "models"], "ultrafeedback", {}),
        (["message_tree_id", "prompt", "tree_state"], "oasst", {}),
        (["id", "data", "annotations"], "label_studio", {}),
        (["id", "fields", "responses"], "argilla", {}),
        (
            ["Question", "answer_b", "answer_a", "Lang"],
            "table",
            {
                **{"prompt": "Question", "response_1": "answer_a", "response_2": "answer_b"},
                "language": "Lang",
            },
        ),
    ],
)
def test_formats_are_told_by_their_fields(names, format, columns):
    assert guess_format(names) == (format, columns)
    assert format in READERS
