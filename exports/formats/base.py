"""What a download format is: records in, bytes out, and a word on each record it cannot hold.

A format reads one configuration of a dataset directory and knows neither files nor the web.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from annotation.transcripts import SPEAKERS
from exports.message_columns import any_turn, is_role, whole
from exports.records import RECORD_TYPES, Record

Options = Mapping[str, bool]
Flags = NDArray[np.bool_]

EVERY = "every"
"""The configuration of a format that reads records of every type, those of one task together."""


class FormatError(ValueError):
    """Options or a record that a format cannot take; the message names it and the remedy."""


class Columns:
    """A table of records, whose messages are read once however many formats ask about them."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows
        self._messages: dict[str, pa.Array] = {}
        self._without: dict[str, Flags] = {}

    def messages(self, name: str) -> pa.Array:
        """A column of messages as one array."""
        if name not in self._messages:
            self._messages[name] = whole(self.rows[name])
        return self._messages[name]

    def has_no_transcript(self, name: str) -> Flags:
        """Whether a turn of each row has no place in a transcript (`annotation.transcripts`)."""
        if name not in self._without:
            self._without[name] = _has_no_transcript(self.messages(name))
        return self._without[name]


@dataclass(frozen=True)
class Option:
    """A switch of a format: how it stands by default, and a sentence on what it does."""

    default: bool
    help: str


@dataclass(frozen=True)
class Format:
    """One way to write records down.

    ``write(records, options)`` gives the file in pieces of whole lines. ``refuse(record)`` says why
    a record has no place in the format, or None. Where ``may_refuse(options)``, `write` raises
    FormatError at such a record; otherwise it does without what is missing or without the record.
    So a snapshot counts the refused ones once, and a reader is warned before a download starts.
    ``refused_rows(columns)`` says it of a table of records at once, where somebody wrote that down.
    """

    name: str
    title: str
    description: str
    suffix: str
    content_type: str
    config: str
    write: Callable[[Iterable[Record], Options], Iterator[bytes]]
    refuse: Callable[[Record], str | None]
    may_refuse: Callable[[Options], bool]
    options: Mapping[str, Option] = field(default_factory=dict)
    refused_rows: Callable[[Columns], Flags] | None = None

    def count_refused(self, columns: Columns) -> int:
        """How many of the records in `columns` have no place in the format."""
        if self.refuse is always_fits:
            return 0
        if self.refused_rows is not None:
            return int(self.refused_rows(columns).sum())
        kind = RECORD_TYPES[self.config]
        return sum(1 for row in columns.rows.to_pylist() if self.refuse(kind.from_row(row)))


def clean_options(format: Format, given: Mapping[str, Any]) -> dict[str, bool]:
    """The options of `format` with what is `given`, which may be text: ``true``, ``1``, ``no``...

    Raises:
        FormatError: an unknown option, or a value that is neither yes nor no.
    """
    cleaned = {name: option.default for name, option in format.options.items()}
    for name, value in given.items():
        if name not in cleaned:
            known = ", ".join(cleaned) or "none"
            raise FormatError(f"{name}: no such option of {format.name}; known are: {known}.")
        word = str(value).strip().lower()
        if word not in _WORDS:
            raise FormatError(f"{name}: give true or false, not {value!r}.")
        cleaned[name] = _WORDS[word]
    return cleaned


def always_fits(record: Record) -> str | None:
    """For formats that can hold every record."""
    return None


def never(options: Options) -> bool:
    """For formats that refuse nothing, whatever the options."""
    return False


def line(row: Mapping[str, Any]) -> bytes:
    """One line of JSONL as HH-RLHF has it: text as it is, not escaped."""
    return (json.dumps(row, ensure_ascii=False) + "\n").encode()


def _has_no_transcript(messages: pa.Array) -> Flags:
    turns = messages.flatten()
    content = pc.struct_field(turns, "content")
    known = np.zeros(len(turns), dtype=bool)
    wrong = np.zeros(len(turns), dtype=bool)
    for role, speaker in SPEAKERS.items():
        known |= is_role(turns, role)
        inner = pc.match_substring(content, f"\n\n{speaker}:")
        wrong |= inner.to_numpy(zero_copy_only=False)
    return any_turn(messages, wrong | ~known)


AS_TEXT = Option(False, "Plain text (TRL's standard form) instead of messages.")
"""The switch ``as_text`` of formats that write either form."""

SKIP = Option(False, "Leave out conversations with system messages or turns inside a message.")
"""The switch ``skip_unwritable`` of formats that write transcripts."""

_WORDS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off", ""), False),
}
