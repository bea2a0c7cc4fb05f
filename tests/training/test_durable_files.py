"""Files that are whole or not there, and lines read while they are being written."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.durable_files import (
    BrokenFileError,
    append_line,
    read_lines,
    read_object,
    synced_size,
    truncate,
    write_json,
    write_lines,
)


def test_json_is_replaced_whole_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"x": 1})
    with pytest.raises(TypeError):
        write_json(path, {"x": object()})
    assert read_object(path) == {"x": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_what_is_not_finite_becomes_null_at_any_depth(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"x": [float("inf"), {"y": float("nan")}], "z": 0.5})
    assert read_object(tmp_path / "a.json") == {"x": [None, {"y": None}], "z": 0.5}


def test_missing_is_none_and_broken_says_so(tmp_path: Path) -> None:
    assert read_object(tmp_path / "none.json") is None
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(BrokenFileError, match="one JSON object"):
        read_object(tmp_path / "list.json")


def test_a_torn_line_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    append_line(path, {"n": 1})
    path.write_bytes(path.read_bytes() + b'{"n": \n')
    append_line(path, {"n": 3})
    records, offset = read_lines(path, 0)
    assert [r["n"] for r in records] == [1, 3]
    assert offset == path.stat().st_size == synced_size(path)


def test_truncate_never_makes_a_file_longer(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    truncate(path, 10)
    assert not path.exists()
    path.write_bytes(b"abc")
    truncate(path, 10)
    assert path.read_bytes() == b"abc"
    truncate(path, 1)
    assert path.read_bytes() == b"a"


def test_lines_are_written_whole_in_place_of_earlier_ones(tmp_path: Path) -> None:
    path = tmp_path / "lines" / "some.jsonl"
    write_lines(path, [{"a": 1}, {"a": 2}])
    write_lines(path, [{"a": 3}])
    assert path.read_text() == '{"a": 3}\n'
    assert [p.name for p in path.parent.iterdir()] == ["some.jsonl"]
