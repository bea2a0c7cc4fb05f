"""HH-RLHF: one JSON object per line with the whole conversation twice, chosen and rejected.

The form of the data of Bai et al. (2204.05862). What was imported from such a file and preferred
as the file says comes out as it went in, byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import numpy as np

from annotation.transcripts import TranscriptError, format_transcript
from exports.formats.base import (
    SKIP,
    Columns,
    Flags,
    Format,
    FormatError,
    Options,
    line,
)
from exports.message_columns import starts_of
from exports.records import PreferencePair, Record


def transcripts(pair: PreferencePair) -> tuple[str, str]:
    """The two conversations of a pair as texts, chosen first.

    Raises:
        FormatError: a message cannot stand in a transcript.
    """
    try:
        chosen, rejected = (
            format_transcript([*pair.prompt, *side]) for side in (pair.chosen, pair.rejected)
        )
    except TranscriptError as error:
        raise FormatError(f"Record {pair.id}: {error}") from error
    return chosen, rejected


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """``{"chosen": text, "rejected": text}`` per pair; see Format."""
    for record in records:
        if options["skip_unwritable"] and refuse(record):
            continue
        chosen, rejected = transcripts(cast(PreferencePair, record))
        yield line({"chosen": chosen, "rejected": rejected})


def refuse(record: Record) -> str | None:
    """Why a pair has no transcript, or None; see Format."""
    try:
        transcripts(cast(PreferencePair, record))
    except FormatError as error:
        return str(error)
    return None


def refused_rows(columns: Columns) -> Flags:
    """What `refuse` says of a table of pairs; see Format."""
    turns = np.diff(starts_of(columns.messages("prompt")))
    found = columns.has_no_transcript("prompt")
    for name in ("chosen", "rejected"):
        is_empty = turns + np.diff(starts_of(columns.messages(name))) == 0
        found = found | columns.has_no_transcript(name) | is_empty
    return found


HH_RLHF = Format(
    name="hh_rlhf",
    title="HH-RLHF",
    description="JSON lines with whole conversations, chosen and rejected.",
    suffix="jsonl",
    content_type="application/jsonl",
    config="preference",
    write=write,
    refuse=refuse,
    refused_rows=refused_rows,
    may_refuse=lambda options: not options["skip_unwritable"],
    options={"skip_unwritable": SKIP},
)
