"""TRL's unpaired columns, as messages: prompt, completion and a label, true where it is good.

What KTOTrainer reads. Weights are left out: TRL has no place for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from exports.formats.base import Format, Options, always_fits, line, never
from exports.records import Record, UnpairedExample


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """One row of columns per example; see Format."""
    for record in records:
        example = cast(UnpairedExample, record)
        yield line(
            {
                "prompt": example.prompt,
                "completion": example.completion,
                "label": example.label,
            }
        )


TRL_UNPAIRED = Format(
    name="trl_unpaired",
    title="TRL unpaired",
    description="JSON lines with prompt, completion and label, for TRL's KTO trainer.",
    suffix="jsonl",
    content_type="application/jsonl",
    config="unpaired",
    write=write,
    refuse=always_fits,
    may_refuse=never,
)
