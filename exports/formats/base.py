"""What a download format is: records in, bytes out, and a word on each record it cannot hold.

A format reads one configuration of a dataset directory and knows neither files nor the web.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exports.records import Record

Options = Mapping[str, bool]


class FormatError(ValueError):
    """Options or a record that a format cannot take; the message names it and the remedy."""


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


SKIP = Option(False, "Leave out conversations with system messages or turns inside a message.")
"""The switch ``skip_unwritable`` of formats that write transcripts."""

_WORDS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off", ""), False),
}
