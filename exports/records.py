"""The records that pass from annotation to training: the one format between the two.

A record is a frozen dataclass whose fields are plain Python values; each has the Arrow schema it
is stored under, so that a dataset directory, a download and a trainer all read the same columns.
Nothing here knows Django, files or splits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import pyarrow as pa

Message = dict[str, str]
"""One turn: ``{"role": "user" | "assistant" | "system", "content": str}``."""

SCHEMA_VERSION = 1

STRENGTH_MARGINS = {
    "significantly": 1.0,
    "better": 2 / 3,
    "slightly": 1 / 3,
    "negligibly": 0.0,
}
"""Margin for the reward-model loss by strength, Llama 2 (2307.09288, table 27, "small")."""

WEIGHT_DECIMALS = 6
"""Weights are rounded so that the same labels give the same bytes on every machine."""

MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
JUDGMENTS = pa.list_(
    pa.struct(
        [
            ("id", pa.string()),
            ("revision", pa.int32()),
            ("labeler", pa.string()),
            ("choice", pa.string()),
            ("strength", pa.string()),
            ("shown_first", pa.string()),
            ("seconds", pa.float64()),
        ]
    )
)
COMPARISONS = pa.list_(
    pa.struct(
        [
            ("i", pa.int32()),
            ("j", pa.int32()),
            ("p_i", pa.float64()),
            ("p_j", pa.float64()),
            ("p_tie", pa.float64()),
            ("margin", pa.float64()),
            ("n", pa.int32()),
        ]
    )
)

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


@dataclass(frozen=True, kw_only=True)
class JudgmentView:
    """One labeler's part in a record.

    ``choice`` speaks of the record it stands in: ``chosen``, ``rejected``, ``tie`` or ``both_bad``
    in a pair; the ranks given, as ``"1,2,2,4"`` in response order, in a ranking. ``shown_first`` is
    what stood first on this labeler's screen: ``chosen`` or ``rejected`` in a pair, the number of
    the response in a ranking, null where nothing was shown (imported). ``revision`` starts at 1.
    """

    id: str
    revision: int
    labeler: str
    choice: str
    strength: str | None
    shown_first: str | None
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the labelers said of responses ``i`` and ``j`` of one ranking.

    ``p_i + p_j + p_tie = 1``: the posterior that i is better, j is better, neither is; ``margin``
    in [0, 1] comes from strength and is 0 where none was asked; ``n`` counts the judgments.
    """

    i: int
    j: int
    p_i: float
    p_j: float
    p_tie: float
    margin: float
    n: int

    @property
    def winner(self) -> int | None:
        """``i`` or ``j`` where most judgments prefer it, None where they tie or are divided.

        The votes behind ``p_i = (votes + 1) / (n + 2)``, ``p_tie = ties / (n + 2)``: the same
        decision as `annotation.aggregating.winner`, for those who only have the file.
        """
        total = self.n + 2
        won_i, won_j = round(self.p_i * total) - 1, round(self.p_j * total) - 1
        ties = round(self.p_tie * total)
        if won_i > max(won_j, ties):
            return self.i
        return self.j if won_j > max(won_i, ties) else None


@dataclass(frozen=True, kw_only=True)
class Record:
    """The fields that every kind of record has."""

    config: ClassVar[str]
    schema: ClassVar[pa.Schema]
    parts: ClassVar[Mapping[str, type[JudgmentView] | type[Comparison]]] = {
        "judgments": JudgmentView
    }

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
    judgments: list[JudgmentView]
    labeled_at: str | None

    def as_row(self) -> dict[str, Any]:
        """The record as one row of its Arrow schema. Shares its lists: treat them as constants."""
        # asdict would copy every message of every record: five times the work.
        row = {name: getattr(self, name) for name in self.schema.names}
        for name in self.parts:
            row[name] = [dict(vars(part)) for part in row[name]]
        return row

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """The record that `as_row` made `row` of."""
        parts = {name: [kind(**part) for part in row[name]] for name, kind in cls.parts.items()}
        return cls(**{**row, **parts})


def _schema(*own: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in [*COMMON_COLUMNS, *own]])


@dataclass(frozen=True, kw_only=True)
class PreferencePair(Record):
    """Two responses of one prompt, one better. Never a tie.

    ``weight`` in (0.5, 1] is the posterior that ``chosen`` is the better one; ``strength_margin``
    is never null (0 where no strength was asked); ``rank_group`` is shared by all pairs that come
    from one ranking, and null for a pair that was judged as a pair.
    """

    config: ClassVar[str] = "preference"
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


@dataclass(frozen=True, kw_only=True)
class Ranking(Record):
    """K = 2..9 responses of one prompt with every comparison among them; ties live here.

    ``comparisons`` is what trains. ``ranks`` (1 is best, equal numbers are ties) is a view of it,
    null where no weak order fits the comparisons (a cycle).
    """

    config: ClassVar[str] = "ranking"
    parts: ClassVar[Mapping[str, type[JudgmentView] | type[Comparison]]] = {
        "judgments": JudgmentView,
        "comparisons": Comparison,
    }
    schema: ClassVar[pa.Schema] = _schema(
        ("responses", pa.list_(MESSAGES)),
        ("comparisons", COMPARISONS),
        ("ranks", pa.list_(pa.int32())),
    )

    responses: list[list[Message]]
    comparisons: list[Comparison]
    ranks: list[int] | None


RECORD_TYPES: dict[str, type[Record]] = {kind.config: kind for kind in (PreferencePair, Ranking)}
"""Every record type by the name of its configuration in a dataset directory."""
