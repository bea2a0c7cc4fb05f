"""TRL's prompt-completion columns, as messages: what SFTTrainer learns to write after a prompt.

Topics are left out: they are no part of the conversation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from exports.formats.base import Format, Options, always_fits, line, never
from exports.records import Demonstration, Record


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """One row of columns per demonstration; see Format."""
    for record in records:
        demonstration = cast(Demonstration, record)
        yield line({"prompt": demonstration.prompt, "completion": demonstration.completion})


TRL_PROMPT_COMPLETION = Format(
    name="trl_prompt_completion",
    title="TRL prompt and completion",
    description="JSON lines with prompt and completion, for TRL's supervised trainer.",
    suffix="jsonl",
    content_type="application/jsonl",
    config="demonstration",
    write=write,
    refuse=always_fits,
    may_refuse=never,
)
