"""TRL's standard form: prompt and answers as texts that join to a transcript.

The prompt ends with the cue of the assistant; an answer is what follows in the transcript.
"""

from __future__ import annotations

from collections.abc import Sequence

from annotation.transcripts import SPEAKERS, TranscriptError, format_transcript
from exports.formats.base import Columns, Flags, FormatError
from exports.message_columns import first_role_is
from exports.records import Message, Record

CUE = f"\n\n{SPEAKERS['assistant']}:"


def texts(record: Record, prompt: Sequence[Message], *sides: Sequence[Message]) -> list[str]:
    """The prompt and each of `sides` as text.

    Raises:
        FormatError: a message has no place in a transcript, or a side does not begin with an
            assistant's turn.
    """
    try:
        before = format_transcript(prompt) if prompt else ""
        after = [format_transcript(side) for side in sides]
    except TranscriptError as error:
        raise FormatError(f"Record {record.id}: {error}") from error
    if not all(text.startswith(CUE) for text in after):
        raise FormatError(
            f"Record {record.id}: a response does not begin with an assistant's turn: "
            "use the conversational form."
        )
    return [before + CUE, *(text.removeprefix(CUE) for text in after)]


def why_not(record: Record, prompt: Sequence[Message], *sides: Sequence[Message]) -> str | None:
    """Why `texts` refuses, or None."""
    try:
        texts(record, prompt, *sides)
    except FormatError as error:
        return str(error)
    return None


def without_texts(columns: Columns, *names: str) -> Flags:
    """Which rows `texts` refuses, where the sides are the columns `names`."""
    found = columns.has_no_transcript("prompt")
    for name in names:
        begins = first_role_is(columns.messages(name), "assistant")
        found = found | columns.has_no_transcript(name) | ~begins
    return found
