"""Pairs as a flat table for spreadsheets: one row per pair, conversations as readable text.

No cell is taken for a formula (`labelers.csv_file`). Meant for looking, not for reading in again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from exports.formats.base import Format, Options, always_fits, never
from exports.records import Message, PreferencePair, Record
from labelers.csv_file import CONTENT_TYPE, rows_as_csv

HEADER = (
    *("id", "task", "kind", "criterion", "language", "tags", "prompt", "chosen", "rejected"),
    *("chosen_source", "rejected_source", "strength", "strength_margin", "weight", "rank_group"),
    *("judgments", "labelers", "labeled_at"),
)


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """A header, then one row per pair; see Format."""
    for text in rows_as_csv(HEADER, (row_of(cast(PreferencePair, each)) for each in records)):
        yield text.encode()


def row_of(pair: PreferencePair) -> list[object]:
    """The cells of one pair."""
    chosen_source, rejected_source = pair.response_sources
    return [
        *(pair.id, pair.task, pair.kind, pair.criterion, pair.language, ", ".join(pair.tags)),
        *(readable(turns) for turns in (pair.prompt, pair.chosen, pair.rejected)),
        *(chosen_source, rejected_source, pair.strength, pair.strength_margin, pair.weight),
        *(pair.rank_group, len(pair.judgments)),
        ", ".join(judgment.labeler for judgment in pair.judgments),
        pair.labeled_at,
    ]


def readable(messages: Sequence[Message]) -> str:
    """A conversation as text; a single answer without its role."""
    if len(messages) == 1 and messages[0]["role"] == "assistant":
        return messages[0]["content"]
    return "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in messages)


CSV_PAIRS = Format(
    name="csv_pairs",
    title="Table of pairs (CSV)",
    description="One row per pair, for spreadsheets.",
    suffix="csv",
    content_type=CONTENT_TYPE,
    config="preference",
    write=write,
    refuse=always_fits,
    may_refuse=never,
)
