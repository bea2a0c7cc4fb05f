"""One answer against the one that is expected, comparison by comparison; a tie is neutral.

Gold, training and exams all go by this. It reads answers as every kind lets itself be read, so a
gold ranking is scored by the comparisons it implies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from annotation.models import Judgment
from annotation.task_kinds.catalog import TASK_KINDS


@dataclass(frozen=True)
class Grade:
    """Of ``judged`` comparisons that both answers decide, ``right`` say the same."""

    right: int = 0
    judged: int = 0

    def __add__(self, other: Grade) -> Grade:
        return Grade(self.right + other.right, self.judged + other.judged)

    @property
    def share(self) -> float | None:
        """The share that is right, None where nothing was decided."""
        return self.right / self.judged if self.judged else None


def grade(*, kind: str, given: Mapping[str, Any], expected: Mapping[str, Any], k: int) -> Grade:
    """`given` against `expected`, two answers in canonical order about `k` responses."""
    known = {(o.i, o.j): o.winner for o in TASK_KINDS[kind].outcomes(dict(expected), k)}
    decided = [
        outcome.winner == known[outcome.i, outcome.j]
        for outcome in TASK_KINDS[kind].outcomes(dict(given), k)
        if outcome.winner is not None and known.get((outcome.i, outcome.j)) is not None
    ]
    return Grade(sum(decided), len(decided))


def grade_judgment(judgment: Judgment) -> Grade:
    """A judgment of a gold task against its gold; nothing where the gold is no answer."""
    task = judgment.task
    if task.gold.answer is None:
        return Grade()
    k = len(judgment.display_order)
    return grade(kind=task.kind, given=judgment.answer, expected=task.gold.answer, k=k)
