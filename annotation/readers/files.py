"""Files as rows, streamed: JSONL, a JSON list, CSV and Parquet, packed or not, one or many.

What is wrong with a whole file is a FileError, what is wrong with a row belongs to the row. No file
is held in memory, and none unpacks without bounds.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from annotation.readers.base import FileError, Row, RowError
from annotation.readers.json_rows import STRICT, json_row, row_of

MAX_LINE = 16 * 1024 * 1024
MAX_UNPACKED = 64 * 1024**3
MAX_RATIO = 250
"""How many times larger a file may become by unpacking; text seldom does more than twenty."""
FREE_OF_RATIO = 64 * 1024**2
SUFFIXES = (
    *(".jsonl", ".jsonl.gz", ".jsonl.zst", ".json", ".json.gz"),
    *(".csv", ".csv.gz", ".tsv", ".parquet"),
)
LINES = (".jsonl", ".jsonl.gz", ".jsonl.zst")
_MARKS = {
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
    codecs.BOM_UTF32_BE: "UTF-32",
}


def suffix_of(name: str) -> str:
    """The suffix of a file name that can be read.

    Raises:
        FileError: another suffix.
    """
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if name.lower().endswith(suffix):
            return suffix
    raise FileError(f"{name}: the name must end in {', '.join(SUFFIXES)}; rename or convert it.")


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, or of all files of a folder in order, one in memory at a time.

    Raises:
        FileError: the file is not what its suffix says, is cut short or unpacks beyond all reason.
    """
    if path.is_dir():
        yield from _rows_of_folder(path)
        return
    suffix = suffix_of(path.name)
    if suffix == ".parquet":
        from annotation.readers.parquet_rows import parquet_rows

        yield from parquet_rows(path)
    elif suffix.startswith((".csv", ".tsv")):
        from annotation.readers.csv_rows import csv_rows

        with opened(path) as (stream, raw):
            yield from csv_rows(stream, raw, "\t" if suffix == ".tsv" else "")
    elif suffix in LINES:
        for number, bytes_read, line in lines_of(path):
            if line.strip():
                yield json_row(number, bytes_read, line)
    else:
        yield from _json_rows(path)


def _rows_of_folder(path: Path) -> Iterator[Row]:
    """The files of a folder after one another; rows are numbered through."""
    before = seen = 0
    for part in sorted(path.iterdir()):
        last = 0
        for row in read_rows(part):
            last = row.number
            yield Row(before + row.number, seen + row.bytes_read, row.fields, row.error)
        before, seen = before + last, seen + part.stat().st_size


def lines_of(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Number, bytes of the file read so far, and text of every line.

    Raises:
        FileError: a line is no row, or the file is damaged.
    """
    with opened(path) as (stream, raw):
        number = 0
        while line := stream.readline(MAX_LINE + 1):
            number += 1
            if len(line) > MAX_LINE:
                raise FileError(f"line {number}: longer than 16 MB; this is not one row a line.")
            yield number, raw.tell(), line


@contextmanager
def opened(path: Path) -> Iterator[tuple[io.BufferedReader[Any], IO[bytes]]]:
    """The unpacked bytes of a file, and the file itself, whose position tells how far it is.

    Raises:
        FileError: it is no UTF-8, is damaged, or unpacks beyond all reason.
    """
    with path.open("rb") as raw:
        stream = io.BufferedReader(_Unpacked(raw, path), buffer_size=1024 * 1024)
        beginning = stream.peek(4)[:4]
        for mark, name in _MARKS.items():
            if beginning.startswith(mark):
                raise FileError(f"The file is {name}; save it as UTF-8.")
        if len(beginning) == 4 and b"\0" in beginning and path.suffix not in (".parquet",):
            raise FileError("The file is UTF-16 or no text at all; save it as UTF-8.")
        yield stream, raw


class _Unpacked(io.RawIOBase):
    """What a file holds, unpacked, with its size bounded by what it was packed to."""

    def __init__(self, raw: IO[bytes], path: Path) -> None:
        self._raw = raw
        self._size = max(path.stat().st_size, 1)
        self._unpacked = 0
        self._lines = 0
        self._stream: Any = raw
        self._packing = path.suffix.lower()
        if self._packing == ".gz":
            self._stream = gzip.GzipFile(fileobj=raw)
        elif self._packing == ".zst":
            import pyarrow as pa

            self._stream = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd")

    def readable(self) -> bool:
        """It can be read, and nothing else."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as one reading goes."""
        try:
            data = self._stream.read(len(buffer))
        except (EOFError, zlib.error, OSError) as problem:
            if self._packing not in (".gz", ".zst"):
                raise
            name = "gzip" if self._packing == ".gz" else "zstd"
            raise FileError(
                f"after line {self._lines}: the {name} data is damaged or cut short ({problem}); "
                "upload the file again."
            ) from problem
        self._unpacked += len(data)
        self._lines += data.count(b"\n") if self._packing in (".gz", ".zst") else 0
        if self._unpacked > MAX_UNPACKED:
            raise FileError("The file unpacks to more than 64 GB; split it.")
        if self._unpacked > max(FREE_OF_RATIO, MAX_RATIO * self._size):
            raise FileError(
                f"The file unpacks to more than {MAX_RATIO} times its size, which no text does; "
                "unpack it and look."
            )
        buffer[: len(data)] = data
        return len(data)


def _json_rows(path: Path) -> Iterator[Row]:
    """The objects of a JSON list, or one object per line in a file that is called ``.json``."""
    with opened(path) as (stream, raw):
        beginning = stream.peek(4096).removeprefix(codecs.BOM_UTF8).lstrip()[:1]
        if beginning == b"[":
            yield from _list_rows(stream, raw)
            return
    for number, bytes_read, line in lines_of(path):
        if line.strip():
            row = json_row(number, bytes_read, line)
            if row.error and number == 1 and beginning == b"{" and not row.error.field:
                raise FileError(
                    "This is one JSON object and not a list of rows; give a list, or one object "
                    "per line."
                )
            yield row


def _list_rows(stream: IO[bytes], raw: IO[bytes]) -> Iterator[Row]:
    """The entries of a JSON list, read a piece at a time; rows are numbered from 1."""
    source = _Pieces(stream)
    source.skip_blanks()
    source.at += 1
    number = 0
    while True:
        source.skip_blanks()
        if source.here() == "]":
            return
        if number:
            if source.here() != ",":
                raise FileError(f"after row {number}: a comma or the end of the list is missing.")
            source.at += 1
            source.skip_blanks()
        number += 1
        value = source.value(number)
        try:
            STRICT.refuse(value)
            yield row_of(number, raw.tell(), value)
        except RowError as problem:
            yield Row(number, raw.tell(), None, problem)


class _Pieces:
    """The text of a stream, as much of it as the next value needs."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._ended = False
        self.text = ""
        self.at = 0

    def here(self) -> str:
        """The next character, or nothing at the end."""
        if self.at >= len(self.text):
            self._more()
        return self.text[self.at : self.at + 1]

    def skip_blanks(self) -> None:
        """Go on to the next character that is no blank."""
        while (character := self.here()) and character in " \t\r\n":
            self.at += 1

    def value(self, number: int) -> Any:
        """The JSON value that begins here.

        Raises:
            FileError: there is none, or it is larger than a row may be.
        """
        STRICT.doubled = STRICT.constant = None
        while True:
            try:
                value, end = STRICT.decoder.raw_decode(self.text, self.at)
            except (json.JSONDecodeError, RecursionError) as problem:
                if len(self.text) - self.at > MAX_LINE:
                    raise FileError(f"row {number}: longer than 16 MB, or never closed.") from None
                if self._more():
                    continue
                raise FileError(
                    f"row {number}: not valid JSON ({problem}); the file may be cut short."
                ) from problem
            # A number may go on in the next piece; what else ends, ends by itself.
            self.at = end
            return value

    def _more(self) -> bool:
        """Read on, twice as much as there is; False at the end."""
        if self._ended:
            return False
        data = self._stream.read(max(256 * 1024, len(self.text) - self.at))
        self._ended = not data
        try:
            self.text = self.text[self.at :] + self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as problem:
            raise FileError(
                f"byte {problem.start} of a part of the file is not UTF-8; save it as UTF-8."
            ) from problem
        self.at = 0
        return bool(data)
