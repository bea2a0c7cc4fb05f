"""One JSON object as the fields of a row, or what is wrong with it: named twice, no number, broken.

Python's decoder takes the last of two equal keys and reads NaN; both would be guesses here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from annotation.readers.base import Row, RowError


class _Strict:
    """A decoder that remembers what it should not have met."""

    def __init__(self) -> None:
        self.doubled: str | None = None
        self.constant: str | None = None
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=self._constant
        )

    def decode(self, text: str) -> Any:
        """The value of `text`, which is a whole document.

        Raises:
            RowError: a key is given twice or a number is none, with the field.
            ValueError, RecursionError: it is not JSON.
        """
        self.doubled = self.constant = None
        value = self.decoder.decode(text)
        self.refuse(value)
        return value

    def refuse(self, value: Any) -> None:
        """Raise RowError for what was met while `value` was decoded."""
        if self.doubled is not None:
            raise RowError(self.doubled, "is given twice in one object; keep one of them.")
        if self.constant is not None:
            field = ".".join(_path_to_constant(value)) or ""
            raise RowError(field, f"is {self.constant}, which is no number; give one, or null.")

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            self.doubled = Counter(name for name, _value in pairs).most_common(1)[0][0]
        return found

    def _constant(self, name: str) -> float:
        self.constant = name
        return float(name.replace("Infinity", "inf"))


def json_row(number: int, bytes_read: int, line: bytes) -> Row:
    """The row that a line of a JSONL file is."""
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        return row_of(number, bytes_read, STRICT.decode(text))
    except UnicodeDecodeError as problem:
        error = RowError("", f"byte {problem.start} is not UTF-8; save the file as UTF-8.")
    except RowError as problem:
        error = problem
    except (ValueError, RecursionError) as problem:
        error = RowError("", f"not valid JSON ({problem}); write one JSON object per line.")
    return Row(number, bytes_read, None, error)


def row_of(number: int, bytes_read: int, fields: Any) -> Row:
    """The row that a decoded value is, if it is an object."""
    if isinstance(fields, dict):
        return Row(number, bytes_read, fields)
    error = RowError("", "not a JSON object; write one object with named fields per line.")
    return Row(number, bytes_read, None, error)


def _path_to_constant(value: Any) -> list[str]:
    """The names that lead to the first number in `value` that is none."""
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return [""]
    entries: Sequence[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        entries = list(value.items())
    elif isinstance(value, list):
        entries = list(enumerate(value))
    for name, inner in entries:
        if found := _path_to_constant(inner):
            return [str(name), *filter(None, found)]
    return []


STRICT = _Strict()
