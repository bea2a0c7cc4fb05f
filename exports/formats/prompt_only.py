"""Prompts alone, as messages: to sample responses to them, or for a trainer that does so itself.

TRL's prompt-only column; the topic comes with it on request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from exports.formats.base import Format, Option, Options, always_fits, line, never
from exports.records import PromptOnly, Record


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """One prompt per line; see Format."""
    for record in records:
        written = cast(PromptOnly, record)
        row: dict[str, Any] = {"prompt": written.prompt}
        if options["topic"]:
            row["topic"] = written.topic
        yield line(row)


PROMPT_ONLY = Format(
    name="prompt_only",
    title="Prompts only",
    description="JSON lines with prompts alone, to sample responses or train online.",
    suffix="jsonl",
    content_type="application/jsonl",
    config="prompt_only",
    write=write,
    refuse=always_fits,
    may_refuse=never,
    options={"topic": Option(False, "Add the topic that a prompt was to be about.")},
)
