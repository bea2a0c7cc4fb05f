"""Pairs taken apart for KTO: the chosen response is good, the rejected one bad.

Two lines per pair, in TRL's unpaired columns. Judgments of single responses are `trl_unpaired`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from exports.formats.base import Format, Options, always_fits, line, never
from exports.records import PreferencePair, Record


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """Two rows of columns per pair, the good one first; see Format."""
    for record in records:
        pair = cast(PreferencePair, record)
        for completion, label in ((pair.chosen, True), (pair.rejected, False)):
            yield line({"prompt": pair.prompt, "completion": completion, "label": label})


KTO = Format(
    name="kto",
    title="KTO",
    description="JSON lines with the two responses of each pair by themselves, good and bad.",
    suffix="jsonl",
    content_type="application/jsonl",
    config="preference",
    write=write,
    refuse=always_fits,
    may_refuse=never,
)
