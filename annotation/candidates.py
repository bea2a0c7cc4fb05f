"""A prompt with its responses on the way in, from a file or from a run. No Django, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Message = dict[str, str]


@dataclass(frozen=True)
class KnownAnswer:
    """An order of a candidate's responses that is known from elsewhere (1 is best)."""

    ranks: Sequence[int]
    strength: str | None = None
    labeler: str = ""
    reason: str = ""
    criterion: str = ""


@dataclass(frozen=True)
class Candidate:
    """A prompt with its responses as it comes in, in whatever order the file or the run has."""

    prompt: list[Message]
    responses: Sequence[tuple[list[Message], str]] = ()
    language: str = ""
    tags: Sequence[str] = ()
    priority: float = 0
    reference: str | None = None
    known: Sequence[KnownAnswer] = field(default_factory=tuple)
    gold: KnownAnswer | None = None
    explanation: str = ""
