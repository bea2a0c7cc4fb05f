"""A whole file as blocks: lines go to other processes where there are many, rows are taken here."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from annotation.intake.hands import blocks_apart
from annotation.intake.rows import Block, Maker, Reading
from annotation.readers.base import Row
from annotation.readers.files import LINES, lines_of, read_rows, suffix_of

MOST_ROWS = 1000
MOST_BYTES = 2 * 1024 * 1024
APART_FROM = 8 * 1024 * 1024
"""Files from this size on are worth the half second that other processes need to start."""


class Place:
    """How many bytes of a file were read, where reading runs ahead of what is made of it."""

    bytes_read = 0


def blocks_of(path: Path, reading: Reading, place: Place) -> Iterator[Block]:
    """The blocks of a file in order; no block has more than a thousand rows.

    Raises:
        FileError: as `read_rows` raises it.
    """
    if path.is_dir() or suffix_of(path.name) not in LINES:
        maker = Maker(reading)
        rows = _noted(read_rows(path), place)
        while some := list(islice(rows, MOST_ROWS // 2)):
            yield maker.block_of_rows(some)
        return
    chunks = _chunks(path, place)
    if path.stat().st_size >= APART_FROM:
        yield from blocks_apart(reading, chunks)
        return
    maker = Maker(reading)
    for number, data in chunks:
        yield maker.block_of_lines(number, data)


def _noted(rows: Iterator[Row], place: Place) -> Iterator[Row]:
    for row in rows:
        place.bytes_read = row.bytes_read
        yield row


def _chunks(path: Path, place: Place) -> Iterator[tuple[int, bytes]]:
    """Lines together, with the number of the first of them."""
    some: list[bytes] = []
    first = size = 0
    for number, bytes_read, line in lines_of(path):
        first = first or number
        some.append(line)
        size += len(line)
        if len(some) >= MOST_ROWS or size >= MOST_BYTES:
            place.bytes_read = bytes_read
            yield first, b"".join(some)
            some, first, size = [], 0, 0
    if some:
        yield first, b"".join(some)
