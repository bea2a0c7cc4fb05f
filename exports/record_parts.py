"""The parts that records are made of: messages, what each labeler said, and comparisons.

Each has the Arrow type it is stored under, whose columns and order never change: a snapshot of
last year is read with them. Whole records are `exports.records`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

Message = dict[str, str]
"""One turn: ``{"role": "user" | "assistant" | "system", "content": str}``."""

Flag = dict[str, Any]
"""A yes/no question and who said yes: ``{"name": str, "share": 0 < float <= 1}``."""

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
_JUDGMENT = [
    ("id", pa.string()),
    ("revision", pa.int32()),
    ("labeler", pa.string()),
    ("choice", pa.string()),
    ("strength", pa.string()),
    ("shown_first", pa.string()),
    ("seconds", pa.float64()),
]
JUDGMENTS = pa.list_(pa.struct(_JUDGMENT))
ANSWERS = pa.list_(pa.struct([*_JUDGMENT, ("reason", pa.string())]))
FLAGS = pa.list_(pa.struct([("name", pa.string()), ("share", pa.float64())]))
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


@dataclass(frozen=True, kw_only=True)
class JudgmentView:
    """One labeler's part in a record.

    ``choice`` speaks of the record it stands in: ``chosen``, ``rejected``, ``tie`` or ``both_bad``
    in a pair; the ranks given, as ``"1,2,2,4"`` in response order, in a ranking, a place left empty
    where no rank was given (``",1,,"``: the second is the best). ``shown_first`` is what stood
    first on this labeler's screen: ``chosen`` or ``rejected`` in a pair, the number of the response
    in a ranking, null where nothing was shown (imported, an edit). ``revision`` starts at 1.
    """

    id: str
    revision: int
    labeler: str
    choice: str
    strength: str | None
    shown_first: str | None
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class AnswerView(JudgmentView):
    """One labeler's part in a record of the kinds that came after pairs and rankings.

    ``choice`` is ``good`` or ``bad`` of an unpaired example, ``written`` or ``edited`` of a
    demonstration or a prompt, and of a rating the whole answer as JSON. ``reason`` is what was
    written to explain it, null where nothing was.
    """

    reason: str | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the labelers said of responses ``i`` and ``j`` of one ranking.

    ``p_i + p_j + p_tie = 1``: the posterior that i is better, j is better, neither is; ``margin``
    in [0, 1] comes from strength and is 0 where none was asked; ``n`` counts the judgments: 0 where
    nobody compared the two, which says nothing of them.
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
        """``i`` or ``j`` where it is decided to be better, None where they tie or are undecided.

        The side whose posterior is ahead of the other and of a tie. A majority's posteriors, whole
        numbers over n + 2, hold one vote too many for either side, which is taken off: the same
        decision as `annotation.consensus.aggregating.winner`, for those who only have the file.
        """
        total = self.n + 2
        sides = (self.p_i, self.p_j, self.p_tie)
        counts = [round(p * total) for p in sides]
        near = all(
            abs(p * total - count) <= total * 10**-WEIGHT_DECIMALS
            for p, count in zip(sides, counts, strict=True)
        )
        if near and min(counts[:2]) >= 1 and sum(counts) == total:
            sides = (counts[0] - 1, counts[1] - 1, counts[2])
        won_i, won_j, tied = sides
        if won_i > max(won_j, tied):
            return self.i
        return self.j if won_j > max(won_i, tied) else None
