"""What one labeler said of one task, as records are made from it, and what became of a task.

Which records a kind of task leads to is `exports.recording`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from annotation.models import Judgment
from annotation.task_kinds.base import Outcome
from exports.collecting import LabeledTask
from exports.records import AnswerView, JudgmentView, Record


@dataclass
class Recorded:
    """The records of one task, and what was left out of them: a reason per comparison, judgment
    or task."""

    records: list[Record] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Said:
    """One judgment: its stored values and the comparisons it implies."""

    values: dict[str, Any]
    outcomes: Sequence[Outcome] = ()

    def of(self, i: int, j: int) -> Outcome | None:
        """What it says of `i` and `j`; None where it does not compare them."""
        return next((each for each in self.outcomes if (each.i, each.j) == (i, j)), None)

    def shown(self) -> list[int]:
        """The places of the responses in the order on screen; nothing where there was none."""
        # Nobody saw an imported judgment's responses on a screen of ours.
        imported = self.values["standing"] == Judgment.Standing.IMPORTED
        return [] if imported else list(self.values["display_order"])

    def view(self, choice: str, strength: str | None, shown_first: str | None) -> JudgmentView:
        """Its part in a pair or a ranking."""
        return JudgmentView(
            **self._common(), choice=choice, strength=strength, shown_first=shown_first
        )

    def answer_view(self, choice: str, shown_first: str | None = None) -> AnswerView:
        """Its part in a record of any other type."""
        return AnswerView(
            **self._common(),
            choice=choice,
            strength=None,
            shown_first=shown_first,
            reason=self.values["reason"] or None,
        )

    def _common(self) -> dict[str, Any]:
        return {
            "id": str(self.values["id"]),
            "revision": self.values["revision"],
            "labeler": self.values["labeler"] or "imported",
            "seconds": self.values["seconds"],
        }


def common_fields(task: LabeledTask, project: str) -> dict[str, Any]:
    """The fields that all records of `task` share; `project` is the slug."""
    return {
        "task": f"{project}-{task.pk}",
        "project": project,
        "kind": task.kind,
        "criterion": task.criterion,
        "language": task.language,
        "tags": task.tags,
        "prompt": task.prompt,
        "reference": task.reference,
        "labeled_at": task.labeled_at,
    }
