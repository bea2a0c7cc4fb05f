"""TRL's preference columns: prompt, chosen and rejected, as messages or as plain text.

TRL's RewardTrainer trains on a column called ``margin`` without being asked, so it is written only
on request. As plain text, prompt followed by chosen is the conversation's transcript.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from annotation.transcripts import SPEAKERS, TranscriptError, format_transcript
from exports.formats.base import SKIP, Format, FormatError, Option, Options, line
from exports.records import PreferencePair, Record

CUE = f"\n\n{SPEAKERS['assistant']}:"


def write(records: Iterable[Record], options: Options) -> Iterator[bytes]:
    """One row of columns per pair; see Format."""
    for record in records:
        pair = cast(PreferencePair, record)
        if options["as_text"] and options["skip_unwritable"] and refuse(pair):
            continue
        row = _texts(pair) if options["as_text"] else _messages(pair)
        if options["margin"]:
            row["margin"] = pair.strength_margin
        if options["rank_group"]:
            row["rank_group"] = pair.rank_group
        yield line(row)


def refuse(record: Record) -> str | None:
    """Why a pair has no form as plain text, or None; see Format."""
    try:
        _texts(cast(PreferencePair, record))
    except FormatError as error:
        return str(error)
    return None


def _messages(pair: PreferencePair) -> dict[str, Any]:
    return {"prompt": pair.prompt, "chosen": pair.chosen, "rejected": pair.rejected}


def _texts(pair: PreferencePair) -> dict[str, Any]:
    try:
        prompt = format_transcript(pair.prompt) if pair.prompt else ""
        sides = [format_transcript(side) for side in (pair.chosen, pair.rejected)]
    except TranscriptError as error:
        raise FormatError(f"Record {pair.id}: {error}") from error
    if not all(side.startswith(CUE) for side in sides):
        raise FormatError(
            f"Record {pair.id}: a response does not begin with an assistant's turn: "
            "use the conversational form."
        )
    chosen, rejected = (side.removeprefix(CUE) for side in sides)
    return {"prompt": prompt + CUE, "chosen": chosen, "rejected": rejected}


TRL_PREFERENCE = Format(
    name="trl_preference",
    title="TRL preference",
    description="JSON lines with prompt, chosen and rejected, for TRL's reward and DPO trainers.",
    suffix="jsonl",
    content_type="application/jsonl",
    config="preference",
    write=write,
    refuse=refuse,
    may_refuse=lambda options: options["as_text"] and not options["skip_unwritable"],
    options={
        "as_text": Option(False, "Plain text (TRL's standard form) instead of messages."),
        "margin": Option(False, "Add the margin column, which RewardTrainer then trains on."),
        "rank_group": Option(False, "Add the ranking that a pair comes from."),
        "skip_unwritable": SKIP,
    },
)
