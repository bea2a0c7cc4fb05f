"""TRL's preference columns: prompt, chosen, rejected; texts or messages, prompt explicit or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.candidates import Candidate, KnownAnswer, Message
from annotation.readers.base import Reader, RowError, as_messages, gettext_noop
from annotation.transcripts import TranscriptError, split_pair


def parse(fields: Mapping[str, Any], source: str) -> Candidate:
    """A pair; without a prompt column the prompt is what both conversations begin with."""
    for field in ("chosen", "rejected"):
        if fields.get(field) is None:
            raise RowError(field, "is missing; a preference row has prompt, chosen and rejected.")
    chosen = as_messages(fields["chosen"], "chosen", "assistant")
    rejected = as_messages(fields["rejected"], "rejected", "assistant")
    if chosen == rejected:
        raise RowError("rejected", "is the same as chosen; remove the row.")
    prompt = _prompt(fields, chosen, rejected)
    if prompt and chosen[: len(prompt)] == prompt == rejected[: len(prompt)]:
        # Some sets name the prompt and repeat it in both conversations.
        prompt = None
    if prompt is None:
        try:
            prompt, chosen, rejected = split_pair(chosen, rejected)
        except TranscriptError as problem:
            raise RowError("prompt", f"is missing, and {problem}") from problem
    return Candidate(prompt, [(chosen, source), (rejected, source)], known=[KnownAnswer([1, 2])])


def _prompt(
    fields: Mapping[str, Any], chosen: list[Message], rejected: list[Message]
) -> list[Message] | None:
    if fields.get("prompt") is not None:
        return as_messages(fields["prompt"], "prompt", "user")
    if isinstance(fields["chosen"], str) or isinstance(fields["rejected"], str):
        raise RowError("prompt", "is missing; texts need a prompt column beside them.")
    return None


TRL = Reader(
    name="trl",
    title=gettext_noop("TRL preference"),
    description=gettext_noop(
        "columns prompt, chosen, rejected as texts or as messages; JSONL or Parquet"
    ),
    parse=parse,
    takes=("prompt", "chosen", "rejected"),
    needs=("prompt", "chosen", "rejected"),
)
