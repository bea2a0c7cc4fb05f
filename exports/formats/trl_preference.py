"""TRL's preference columns: prompt, chosen and rejected, as messages or as plain text.

TRL's RewardTrainer trains on a column called ``margin`` without being asked, so it is written only
on request. As plain text, prompt followed by chosen is the conversation's transcript.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from exports.formats.base import SKIP, Columns, Flags, Format, Option, Options, line
from exports.formats.plain_text import texts, why_not, without_texts
from exports.records import PreferencePair, Record

NAMES = ("prompt", "chosen", "rejected")


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """One row of columns per pair; see Format."""
    for record in records:
        pair = cast(PreferencePair, record)
        if options["as_text"] and options["skip_unwritable"] and refuse(pair):
            continue
        row: dict[str, Any] = {name: getattr(pair, name) for name in NAMES}
        if options["as_text"]:
            row = dict(zip(NAMES, texts(pair, *row.values()), strict=True))
        if options["margin"]:
            row["margin"] = pair.strength_margin
        if options["rank_group"]:
            row["rank_group"] = pair.rank_group
        yield line(row)


def refuse(record: Record) -> str | None:
    """Why a pair has no form as plain text, or None; see Format."""
    pair = cast(PreferencePair, record)
    return why_not(pair, pair.prompt, pair.chosen, pair.rejected)


def refused_rows(columns: Columns) -> Flags:
    """What `refuse` says of a table of pairs; see Format."""
    return without_texts(columns, "chosen", "rejected")


TRL_PREFERENCE = Format(
    name="trl_preference",
    title="TRL preference",
    description="JSON lines with prompt, chosen and rejected, for TRL's reward and DPO trainers.",
    suffix="jsonl",
    content_type="application/jsonl",
    config="preference",
    write=write,
    refuse=refuse,
    refused_rows=refused_rows,
    may_refuse=lambda options: options["as_text"] and not options["skip_unwritable"],
    options={
        "as_text": Option(False, "Plain text (TRL's standard form) instead of messages."),
        "margin": Option(False, "Add the margin column, which RewardTrainer then trains on."),
        "rank_group": Option(False, "Add the ranking that a pair comes from."),
        "skip_unwritable": SKIP,
    },
)
