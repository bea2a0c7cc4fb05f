"""Counting what goes into a snapshot and what is left out, while it goes by."""

from __future__ import annotations

from collections import Counter
from typing import Any

from exports.collecting import LabeledTask
from exports.formats.catalog import FORMATS
from exports.recording import Recorded
from exports.records import PreferencePair

NO_STRENGTH = "none"


class Tally:
    """Counts over tasks and their records."""

    def __init__(self) -> None:
        self.tasks = 0
        self.used = 0
        self.judgments = 0
        self.guideline_versions: set[int] = set()
        self._labelers: set[str] = set()
        self._records: Counter[str] = Counter()
        self._strengths: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()

    def add(self, task: LabeledTask, found: Recorded) -> None:
        """Count one task and what came of it."""
        self.tasks += 1
        self._left_out.update(found.left_out)
        if not found.records:
            return
        self.used += 1
        said = [*task.earlier, *task.judgments]
        self.judgments += len(said)
        for values in said:
            self._labelers.add(values["labeler"])
            if values["guideline_version"] is not None:
                self.guideline_versions.add(values["guideline_version"])
        for record in found.records:
            self._records[record.config] += 1
            if isinstance(record, PreferencePair):
                self._strengths[record.strength or NO_STRENGTH] += 1
            for format in FORMATS.values():
                if format.config == record.config and format.refuse(record):
                    self._refused[format.name] += 1

    def as_dict(self) -> dict[str, Any]:
        """All counts, as JSON has them: what `Snapshot.counts` and a preview hold."""
        return {
            "tasks": self.tasks,
            "used": self.used,
            "judgments": self.judgments,
            "labelers": len(self._labelers),
            "records": dict(self._records),
            "strengths": dict(self._strengths),
            "left_out": dict(self._left_out),
            "refused": dict(self._refused),
        }

    def why_empty(self) -> str:
        """One sentence on why there is nothing, for a project that has labeled tasks."""
        reasons = ", ".join(
            f"{count} {REASONS[reason]}" for reason, count in self._left_out.most_common()
        )
        return (
            f"All {self.tasks} labeled tasks were left out ({reasons}): "
            "loosen the filters or collect more judgments."
        )


REASONS = {
    "few_judgments": "with too few judgments",
    "tied": "tied or undecided",
    "low_weight": "below the least weight",
    "negligible": "negligibly better",
    "not_compared": "not compared",
    "unchanged": "unchanged by the edit",
    "followed": "with a next turn",
    "voided_turn": "with a voided turn",
    "no_answer": "without an answer",
}
