"""Reading rows from files: JSONL, gzipped JSONL and Parquet, streamed; and what a reader is.

A problem belongs to a row and a field and says what to do. Nothing here touches the database.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from annotation.candidates import Candidate, Message

ROLES = ("system", "user", "assistant")
MAX_LINE = 16 * 1024 * 1024
MAX_CHARACTERS = 200_000
MAX_UNPACKED = 64 * 1024**3
SUFFIXES = (".jsonl", ".jsonl.gz", ".parquet")


class RowError(ValueError):
    """What is wrong with one row: the field, the problem and the remedy."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}" if field else problem)
        self.field = field
        self.problem = problem


class FileError(ValueError):
    """A file that cannot be read at all; the message says what to do."""


@dataclass(frozen=True)
class Row:
    """One row of a file: its number (from 1), how many bytes of the file were read up to it, and
    either its fields or what is wrong with it."""

    number: int
    bytes_read: int
    fields: Mapping[str, Any] | None
    error: RowError | None = None


@dataclass(frozen=True)
class Reader:
    """One file format: `parse(fields, source)` turns a row into a candidate or raises RowError."""

    name: str
    title: str
    description: str
    parse: Callable[[Mapping[str, Any], str], Candidate]


def suffix_of(name: str) -> str:
    """The suffix of a file name that can be read.

    Raises:
        FileError: another suffix.
    """
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix):
            return suffix
    raise FileError(f"{name}: the name must end in {', '.join(SUFFIXES)}; rename or convert it.")


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, one in memory at a time.

    Raises:
        FileError: the file is not what its suffix says, is cut short or unpacks beyond all reason.
    """
    suffix = suffix_of(path.name)
    if suffix == ".parquet":
        yield from _parquet_rows(path)
    else:
        yield from _json_rows(path, packed=suffix.endswith(".gz"))


def _json_rows(path: Path, *, packed: bool) -> Iterator[Row]:
    with path.open("rb") as file:
        lines = gzip.GzipFile(fileobj=file) if packed else file
        number = unpacked = 0
        try:
            while line := lines.readline(MAX_LINE + 1):
                number += 1
                unpacked += len(line)
                if len(line) > MAX_LINE:
                    raise FileError(
                        f"line {number}: longer than 16 MB; this is not one row a line."
                    )
                if unpacked > MAX_UNPACKED:
                    raise FileError("The file unpacks to more than 64 GB; split it.")
                if line.strip():
                    yield _json_row(number, file.tell(), line)
        except (gzip.BadGzipFile, EOFError, zlib.error) as problem:
            raise FileError(
                f"after line {number}: the gzip data is damaged or cut short ({problem}); "
                "upload the file again."
            ) from problem


def _json_row(number: int, bytes_read: int, line: bytes) -> Row:
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        fields = json.loads(text)
    except UnicodeDecodeError as problem:
        error = RowError("", f"byte {problem.start} is not UTF-8; save the file as UTF-8.")
        return Row(number, bytes_read, None, error)
    except (json.JSONDecodeError, RecursionError) as problem:
        error = RowError("", f"not valid JSON ({problem}); write one JSON object per line.")
        return Row(number, bytes_read, None, error)
    if not isinstance(fields, dict):
        error = RowError("", "not a JSON object; write one object with named fields per line.")
        return Row(number, bytes_read, None, error)
    return Row(number, bytes_read, fields)


def _parquet_rows(path: Path) -> Iterator[Row]:
    try:
        with pq.ParquetFile(path) as file:
            total, size = max(file.metadata.num_rows, 1), path.stat().st_size
            number = 0
            for batch in file.iter_batches(batch_size=500):
                for fields in batch.to_pylist():
                    number += 1
                    yield Row(number, size * number // total, fields)
    except pa.ArrowException as problem:
        raise FileError(f"This is not a readable Parquet file ({problem}).") from problem


def clean_text(value: Any, field: str) -> str:
    """`value` as text that can be stored.

    Raises:
        RowError: not text, too long, or with characters that no database keeps.
    """
    if not isinstance(value, str):
        raise RowError(field, f"is {_name(value)}; give text.")
    if len(value) > MAX_CHARACTERS:
        raise RowError(field, f"has {len(value)} characters; at most {MAX_CHARACTERS} are kept.")
    if "\0" in value:
        raise RowError(field, "contains a NUL character; remove it.")
    try:
        value.encode()
    except UnicodeEncodeError as problem:
        raise RowError(
            field, f"has half a character (a lone surrogate) at {problem.start}; remove it."
        ) from problem
    return value


def clean_messages(value: Any, field: str) -> list[Message]:
    """`value` as messages; each needs a known role and text.

    Raises:
        RowError: naming the message and the field within it.
    """
    if not isinstance(value, list):
        raise RowError(field, f"is {_name(value)}; give a list of messages.")
    cleaned = []
    for index, message in enumerate(value):
        place = f"{field}[{index}]"
        if not isinstance(message, Mapping):
            raise RowError(place, 'is not an object; give {"role": ..., "content": ...}.')
        if message.get("role") not in ROLES:
            raise RowError(f"{place}.role", f"must be one of {', '.join(ROLES)}.")
        content = clean_text(message.get("content"), f"{place}.content")
        cleaned.append({"role": message["role"], "content": content})
    return cleaned


def as_messages(value: Any, field: str, role: str) -> list[Message]:
    """Messages as they are, or a text as a single message of `role`."""
    if isinstance(value, str):
        return [{"role": role, "content": clean_text(value, field)}]
    return clean_messages(value, field)


def _name(value: Any) -> str:
    """What JSON calls `value`, with its article."""
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "true or false"
    names = {int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return names.get(type(value), f"a {type(value).__name__}")
