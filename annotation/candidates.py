"""A prompt with its responses on the way in, from a file or from a run. No Django, no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Message = dict[str, str]


@dataclass(frozen=True)
class KnownAnswer:
    """What somebody said of a candidate's responses elsewhere, or what is expected to be said.

    It is said as ``ranks`` (one number per response, 1 is best, equal is a tie), or as ``answer``
    in the own form of the project's kind, about the responses in the candidate's order; gold of a
    kind where people write may have neither. ``seconds`` is how long it took, ``at`` when it was
    said (with its time zone). ``shown`` is the order on screen: the place of each response among
    the candidate's, from the first shown to the last. ``field`` is where the file says it.
    """

    ranks: Sequence[int] = ()
    strength: str | None = None
    labeler: str = ""
    reason: str = ""
    criterion: str = ""
    answer: Mapping[str, Any] | None = None
    seconds: float | None = None
    at: datetime | None = None
    shown: Sequence[int] = ()
    field: str = ""


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
