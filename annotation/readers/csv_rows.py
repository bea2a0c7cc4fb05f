"""The rows of a CSV file: the first line names the columns, every cell is text, an empty one is
nothing.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from typing import IO

from annotation.readers.base import FileError, Row, RowError

DELIMITERS = (",", ";", "\t", "|")
MOST_CELL = 16 * 1024 * 1024


def csv_rows(stream: IO[bytes], raw: IO[bytes], delimiter: str = "") -> Iterator[Row]:
    """The rows of a CSV file, each numbered by the line on which it begins.

    Raises:
        FileError: there is no heading, a column is named twice, or a quote is never closed.
    """
    csv.field_size_limit(MOST_CELL)
    lines = _lines(stream)
    first = next(lines, "")
    delimiter = delimiter or max(DELIMITERS, key=first.count)
    reader = csv.reader(_with(first, lines), delimiter=delimiter, strict=True)
    header: list[str] = []
    began = 1
    try:
        for cells in reader:
            if not header:
                header = _header(cells)
            elif cells:
                yield _row(header, cells, began, raw.tell())
            began = reader.line_num + 1
    except csv.Error as problem:
        raise FileError(
            f"line {began}: this is not CSV ({problem}); look for a quote that is never closed."
        ) from problem
    if not header:
        raise FileError("line 1: there is no heading; name the columns in the first line.")


def _lines(stream: IO[bytes]) -> Iterator[str]:
    # What is no UTF-8 becomes halves of characters, by which the row is known later.
    first = True
    while line := stream.readline(MOST_CELL):
        line = line.removeprefix(codecs.BOM_UTF8) if first else line
        first = False
        yield line.decode("utf-8", "surrogateescape")


def _with(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise FileError(f"line 1: two columns are named {min(twice)!r}; rename one of them.")
    return names


def _row(header: list[str], cells: list[str], number: int, bytes_read: int) -> Row:
    if len(cells) > len(header):
        error = RowError(
            "", f"has {len(cells)} cells under {len(header)} columns; put quotes around texts."
        )
        return Row(number, bytes_read, None, error)
    for name, cell in zip(header, cells, strict=False):
        if not cell.isascii() and any("\udc80" <= character <= "\udcff" for character in cell):
            error = RowError(name, "holds bytes that are not UTF-8; save the file as UTF-8.")
            return Row(number, bytes_read, None, error)
    filled = cells + [""] * (len(header) - len(cells))
    return Row(number, bytes_read, {n: c or None for n, c in zip(header, filled, strict=True) if n})
