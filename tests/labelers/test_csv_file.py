"""Tables as CSV: no formula, one kind of time, known to be UTF-8, written piece by piece."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from labelers import csv_file
from labelers.csv_file import rows_as_csv


def read_back(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_cells_are_what_they_were() -> None:
    at = datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=9)))
    rows = [("日本語, 'so'", -1.5, 3, None, True, False, at), ('two\nlines "q"', *[0] * 6)]
    assert read_back("".join(rows_as_csv(list("abcdefg"), rows))) == [
        list("abcdefg"),
        ["日本語, 'so'", "-1.5", "3", "", "yes", "no", "2026-03-01T00:00:00Z"],
        ['two\nlines "q"', *["0"] * 6],
    ]


@pytest.mark.parametrize("bad", ["=1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＠"])
def test_no_cell_and_no_header_is_a_formula(bad: str) -> None:
    assert read_back("".join(rows_as_csv([bad], [(bad,)]))) == [[f"'{bad}"], [f"'{bad}"]]


def test_rows_are_not_gathered_before_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_file, "ROWS_PER_PIECE", 2)
    taken = []

    def rows() -> Iterator[tuple[int]]:
        for number in range(5):
            taken.append(number)
            yield (number,)

    pieces = rows_as_csv(["n"], rows())
    assert next(pieces) == "\ufeffn\r\n0\r\n"
    assert taken == [0]
    assert list(pieces) == ["1\r\n2\r\n", "3\r\n4\r\n"]


def test_a_table_without_rows_has_its_header() -> None:
    assert list(rows_as_csv(["a", "b"], [])) == ["\ufeffa,b\r\n"]
