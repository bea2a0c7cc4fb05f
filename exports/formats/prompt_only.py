"""Prompts alone: to sample responses to them, or for a trainer that does so itself.

TRL's prompt-only column, as messages or as plain text; the topic comes with it on request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from exports.formats.base import AS_TEXT, SKIP, Columns, Flags, Format, Option, Options, line
from exports.formats.plain_text import texts, why_not, without_texts
from exports.records import PromptOnly, Record


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """One prompt per line; see Format."""
    for record in records:
        written = cast(PromptOnly, record)
        if options.get("as_text") and options.get("skip_unwritable") and refuse(written):
            continue
        row: dict[str, Any] = {"prompt": written.prompt}
        if options.get("as_text"):
            (row["prompt"],) = texts(written, written.prompt)
        if options["topic"]:
            row["topic"] = written.topic
        yield line(row)


def refuse(record: Record) -> str | None:
    """Why a prompt has no form as plain text, or None; see Format."""
    return why_not(record, record.prompt)


def refused_rows(columns: Columns) -> Flags:
    """What `refuse` says of a table of prompts; see Format."""
    return without_texts(columns)


PROMPT_ONLY = Format(
    name="prompt_only",
    title="Prompts only",
    description="JSON lines with prompts alone, to sample responses or train online.",
    suffix="jsonl",
    content_type="application/jsonl",
    config="prompt_only",
    write=write,
    refuse=refuse,
    refused_rows=refused_rows,
    may_refuse=lambda options: options["as_text"] and not options["skip_unwritable"],
    options={
        "topic": Option(False, "Add the topic that a prompt was to be about."),
        "as_text": AS_TEXT,
        "skip_unwritable": SKIP,
    },
)
