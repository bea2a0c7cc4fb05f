"""TRL's unpaired columns: prompt, completion and a label, true where it is good.

What KTOTrainer reads, as messages or as plain text. Weights are left out: TRL has no place for
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from exports.formats.base import AS_TEXT, SKIP, Columns, Flags, Format, Options, line
from exports.formats.plain_text import texts, why_not, without_texts
from exports.records import Record, UnpairedExample


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """One row of columns per example; see Format."""
    for record in records:
        example = cast(UnpairedExample, record)
        if options.get("as_text") and options.get("skip_unwritable") and refuse(example):
            continue
        prompt: Any = example.prompt
        completion: Any = example.completion
        if options.get("as_text"):
            prompt, completion = texts(example, prompt, completion)
        yield line({"prompt": prompt, "completion": completion, "label": example.label})


def refuse(record: Record) -> str | None:
    """Why an example has no form as plain text, or None; see Format."""
    example = cast(UnpairedExample, record)
    return why_not(example, example.prompt, example.completion)


def refused_rows(columns: Columns) -> Flags:
    """What `refuse` says of a table of examples; see Format."""
    return without_texts(columns, "completion")


TRL_UNPAIRED = Format(
    name="trl_unpaired",
    title="TRL unpaired",
    description="JSON lines with prompt, completion and label, for TRL's KTO trainer.",
    suffix="jsonl",
    content_type="application/jsonl",
    config="unpaired",
    write=write,
    refuse=refuse,
    refused_rows=refused_rows,
    may_refuse=lambda options: options["as_text"] and not options["skip_unwritable"],
    options={"as_text": AS_TEXT, "skip_unwritable": SKIP},
)
