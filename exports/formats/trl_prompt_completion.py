"""TRL's prompt-completion columns: what SFTTrainer learns to write after a prompt.

As messages or as plain text. Topics are left out: they are no part of the conversation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from exports.formats.base import AS_TEXT, SKIP, Columns, Flags, Format, Options, line
from exports.formats.plain_text import texts, why_not, without_texts
from exports.records import Demonstration, Record


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """One row of columns per demonstration; see Format."""
    for record in records:
        shown = cast(Demonstration, record)
        if options.get("as_text") and options.get("skip_unwritable") and refuse(shown):
            continue
        prompt: Any = shown.prompt
        completion: Any = shown.completion
        if options.get("as_text"):
            prompt, completion = texts(shown, prompt, completion)
        yield line({"prompt": prompt, "completion": completion})


def refuse(record: Record) -> str | None:
    """Why a demonstration has no form as plain text, or None; see Format."""
    shown = cast(Demonstration, record)
    return why_not(shown, shown.prompt, shown.completion)


def refused_rows(columns: Columns) -> Flags:
    """What `refuse` says of a table of demonstrations; see Format."""
    return without_texts(columns, "completion")


TRL_PROMPT_COMPLETION = Format(
    name="trl_prompt_completion",
    title="TRL prompt and completion",
    description="JSON lines with prompt and completion, for TRL's supervised trainer.",
    suffix="jsonl",
    content_type="application/jsonl",
    config="demonstration",
    write=write,
    refuse=refuse,
    refused_rows=refused_rows,
    may_refuse=lambda options: options["as_text"] and not options["skip_unwritable"],
    options={"as_text": AS_TEXT, "skip_unwritable": SKIP},
)
