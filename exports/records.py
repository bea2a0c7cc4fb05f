"""The records that pass from annotation to training: the one format between the two.

A record is a frozen dataclass whose fields are plain Python values; each has the Arrow schema it
is stored under, so that a dataset directory, a download and a trainer all read the same columns.
Nothing here knows Django, files or splits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import pyarrow as pa

from exports.record_parts import (
    ANSWERS,
    COMPARISONS,
    FLAGS,
    JUDGMENTS,
    MESSAGES,
    STRENGTH_MARGINS,
    WEIGHT_DECIMALS,
    AnswerView,
    Comparison,
    Flag,
    JudgmentView,
    Message,
)

SCHEMA_VERSION = 1

COMMON_COLUMNS = [
    ("id", pa.string()),
    ("task", pa.string()),
    ("project", pa.string()),
    ("kind", pa.string()),
    ("criterion", pa.string()),
    ("language", pa.string()),
    ("tags", pa.list_(pa.string())),
    ("prompt", MESSAGES),
    ("reference", pa.string()),
    ("response_sources", pa.list_(pa.string())),
    ("judgments", JUDGMENTS),
    ("labeled_at", pa.string()),
]

Part = type[JudgmentView] | type[Comparison]
"""What a list inside a record is made of, where it is not plain messages."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """The fields that every kind of record has."""

    config: ClassVar[str]
    schema: ClassVar[pa.Schema]
    parts: ClassVar[Mapping[str, Part]] = {"judgments": JudgmentView}
    texts: ClassVar[tuple[str, ...]] = ()
    """The columns that `answers` gives."""

    id: str
    task: str
    project: str
    kind: str
    criterion: str
    language: str
    tags: list[str]
    prompt: list[Message]
    reference: str | None
    response_sources: list[str]
    judgments: Sequence[JudgmentView]
    labeled_at: str | None

    def as_row(self) -> dict[str, Any]:
        """The record as one row of its Arrow schema. Shares its lists: treat them as constants."""
        # asdict would copy every message of every record: five times the work.
        row = {name: getattr(self, name) for name in self.schema.names}
        for name in self.parts:
            row[name] = [dict(vars(part)) for part in row[name]]
        return row

    def answers(self) -> list[list[Message]]:
        """What answers the prompt in this record; nothing in a record that is a prompt alone."""
        return []

    def characters(self) -> int:
        """How long its texts are together."""
        texts = [self.prompt, *self.answers()]
        return sum(len(message["content"]) for messages in texts for message in messages)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """The record that `as_row` made `row` of."""
        parts = {name: [kind(**part) for part in row[name]] for name, kind in cls.parts.items()}
        return cls(**{**row, **parts})


def _schema(*own: tuple[str, pa.DataType], judgments: pa.DataType = JUDGMENTS) -> pa.Schema:
    columns = {**dict(COMMON_COLUMNS), "judgments": judgments, **dict(own)}
    return pa.schema([pa.field(name, kind) for name, kind in columns.items()])


@dataclass(frozen=True, kw_only=True)
class PreferencePair(Record):
    """Two responses of one prompt, one better. Never a tie.

    ``weight`` in (0.5, 1] is the posterior that ``chosen`` is the better one; ``strength_margin``
    is never null (0 where no strength was asked); ``rank_group`` is shared by all pairs that come
    from one ranking, and null for a pair that was judged as a pair or that an edit makes.
    """

    config: ClassVar[str] = "preference"
    texts: ClassVar[tuple[str, ...]] = ("chosen", "rejected")
    schema: ClassVar[pa.Schema] = _schema(
        ("chosen", MESSAGES),
        ("rejected", MESSAGES),
        ("strength", pa.string()),
        ("strength_margin", pa.float64()),
        ("weight", pa.float64()),
        ("rank_group", pa.string()),
    )

    chosen: list[Message]
    rejected: list[Message]
    strength: str | None
    strength_margin: float
    weight: float
    rank_group: str | None

    def answers(self) -> list[list[Message]]:
        """The chosen one, then the rejected one."""
        return [self.chosen, self.rejected]


@dataclass(frozen=True, kw_only=True)
class Ranking(Record):
    """K = 2..9 responses of one prompt with every comparison among them; ties live here.

    ``comparisons`` is what trains. ``ranks`` (1 is best, equal numbers are ties) is a view of it,
    null where no weak order fits the comparisons (a cycle) or they do not order all responses
    (the best of several is known, the rest was not compared).
    """

    config: ClassVar[str] = "ranking"
    parts: ClassVar[Mapping[str, Part]] = {"judgments": JudgmentView, "comparisons": Comparison}
    texts: ClassVar[tuple[str, ...]] = ("responses",)
    schema: ClassVar[pa.Schema] = _schema(
        ("responses", pa.list_(MESSAGES)),
        ("comparisons", COMPARISONS),
        ("ranks", pa.list_(pa.int32())),
    )

    responses: list[list[Message]]
    comparisons: list[Comparison]
    ranks: list[int] | None

    def answers(self) -> list[list[Message]]:
        """All responses in their order."""
        return self.responses


@dataclass(frozen=True, kw_only=True)
class UnpairedExample(Record):
    """One response that is good or bad by itself. Undecided ones are left out.

    ``weight`` in (0.5, 1] is the posterior that ``label`` (true is good) is right.
    """

    config: ClassVar[str] = "unpaired"
    parts: ClassVar[Mapping[str, Part]] = {"judgments": AnswerView}
    texts: ClassVar[tuple[str, ...]] = ("completion",)
    schema: ClassVar[pa.Schema] = _schema(
        ("completion", MESSAGES),
        ("label", pa.bool_()),
        ("weight", pa.float64()),
        judgments=ANSWERS,
    )

    completion: list[Message]
    label: bool
    weight: float

    def answers(self) -> list[list[Message]]:
        """The completion."""
        return [self.completion]


@dataclass(frozen=True, kw_only=True)
class Demonstration(Record):
    """A completion that a person wrote: an ideal answer, or the rest of a whole conversation.

    ``topic`` is what the conversation was to be about, null where nothing but the prompt was given.
    """

    config: ClassVar[str] = "demonstration"
    parts: ClassVar[Mapping[str, Part]] = {"judgments": AnswerView}
    texts: ClassVar[tuple[str, ...]] = ("completion",)
    schema: ClassVar[pa.Schema] = _schema(
        ("completion", MESSAGES), ("topic", pa.string()), judgments=ANSWERS
    )

    completion: list[Message]
    topic: str | None

    def answers(self) -> list[list[Message]]:
        """The completion."""
        return [self.completion]


@dataclass(frozen=True, kw_only=True)
class PromptOnly(Record):
    """A prompt that a person wrote, about ``topic`` where one was given."""

    config: ClassVar[str] = "prompt_only"
    parts: ClassVar[Mapping[str, Part]] = {"judgments": AnswerView}
    schema: ClassVar[pa.Schema] = _schema(("topic", pa.string()), judgments=ANSWERS)

    topic: str | None


@dataclass(frozen=True, kw_only=True)
class Rating(Record):
    """All responses of one task with what the labelers together say of each, in response order.

    ``scores`` are means over the judgments, on the scale from ``low`` to ``high``; ``flags`` names
    what at least one of them said yes to, with the share of those who did. What each of them said
    is the ``choice`` of its judgment.
    """

    config: ClassVar[str] = "rating"
    parts: ClassVar[Mapping[str, Part]] = {"judgments": AnswerView}
    texts: ClassVar[tuple[str, ...]] = ("responses",)
    schema: ClassVar[pa.Schema] = _schema(
        ("responses", pa.list_(MESSAGES)),
        ("scores", pa.list_(pa.float64())),
        ("flags", pa.list_(FLAGS)),
        ("low", pa.int32()),
        ("high", pa.int32()),
        judgments=ANSWERS,
    )

    responses: list[list[Message]]
    scores: list[float]
    flags: list[list[Flag]]
    low: int
    high: int

    def answers(self) -> list[list[Message]]:
        """All responses in their order."""
        return self.responses


RECORD_TYPES: dict[str, type[Record]] = {
    kind.config: kind
    for kind in (PreferencePair, Ranking, UnpairedExample, Demonstration, PromptOnly, Rating)
}
"""Every record type by the name of its configuration in a dataset directory."""

__all__ = [
    "RECORD_TYPES",
    "SCHEMA_VERSION",
    "STRENGTH_MARGINS",
    "WEIGHT_DECIMALS",
    "AnswerView",
    "Comparison",
    "Demonstration",
    "Flag",
    "JudgmentView",
    "Message",
    "PreferencePair",
    "PromptOnly",
    "Ranking",
    "Rating",
    "Record",
    "UnpairedExample",
]
