"""HH-RLHF files: two whole transcripts, ``chosen`` and ``rejected``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.candidates import Candidate, KnownAnswer
from annotation.readers.base import Reader, RowError, clean_text, gettext_noop
from annotation.transcripts import TranscriptError, parse_transcript, split_pair


def parse(fields: Mapping[str, Any], source: str) -> Candidate:
    """A pair whose prompt is what both transcripts begin with."""
    turns = []
    for field in ("chosen", "rejected"):
        if field not in fields:
            raise RowError(field, "is missing; an HH-RLHF row has chosen and rejected.")
        try:
            turns.append(parse_transcript(clean_text(fields[field], field)))
        except TranscriptError as problem:
            raise RowError(field, str(problem)) from problem
    chosen, rejected = turns
    if chosen == rejected:
        raise RowError("rejected", "is the same as chosen; remove the row.")
    try:
        prompt, better, worse = split_pair(chosen, rejected)
    except TranscriptError as problem:
        raise RowError("rejected", str(problem)) from problem
    return Candidate(prompt, [(better, source), (worse, source)], known=[KnownAnswer([1, 2])])


HH_RLHF = Reader(
    name="hh_rlhf",
    title=gettext_noop("HH-RLHF"),
    description=gettext_noop(
        '{"chosen": "\\n\\nHuman: ...\\n\\nAssistant: ...", "rejected": ...} per line'
    ),
    parse=parse,
    takes=("chosen", "rejected"),
    needs=("chosen", "rejected"),
)
