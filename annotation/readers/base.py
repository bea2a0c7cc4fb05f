"""What a reader is, what a row is, and how texts and messages of rows are checked.

A problem belongs to a row and a field and says what to do. How files become rows is `files`.
Nothing here touches the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotation.candidates import Candidate, Message


def gettext_noop(text: str) -> str:
    """`text` as it is; marks it for translation, which is the pages' business."""
    return text


ROLES = ("system", "user", "assistant")
MAX_CHARACTERS = 200_000


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
    """One file format: `parse(fields, source)` turns a row into candidates or raises RowError.

    A row is one candidate or, where it holds a whole tree, several. ``takes`` names the fields that
    a row may have, so that columns of other names can be mapped to them; ``needs`` are those by
    which the format is recognised.
    """

    name: str
    title: str
    description: str
    parse: Callable[[Mapping[str, Any], str], Candidate | Sequence[Candidate]]
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


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
