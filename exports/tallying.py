"""Counting what goes into a snapshot and what is left out, while it goes by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from exports.collecting import LabeledTask
from exports.filters import NO_STRENGTH
from exports.formats.base import Columns
from exports.formats.catalog import FORMATS
from exports.recording import Recorded
from exports.records import PreferencePair


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

    def leave_out(self, reason: str, count: int) -> None:
        """Count `count` things as left out."""
        if count:
            self._left_out[reason] += count

    def add_table(self, config: str, rows: pa.Table) -> None:
        """Count records that come as a table."""
        self._records[config] += rows.num_rows
        if "strength" in rows.column_names:
            for counted in rows["strength"].value_counts().to_pylist():
                self._strengths[counted["values"] or NO_STRENGTH] += counted["counts"]
        columns = Columns(rows)
        for format in FORMATS.values():
            if format.config == config and (refused := format.count_refused(columns)):
                self._refused[format.name] += refused

    def add_counts(
        self,
        *,
        tasks: int,
        used: int,
        judgments: int,
        labelers: Iterable[str],
        versions: Iterable[int],
    ) -> None:
        """Count tasks, those that were used, and whose judgments they have."""
        self.tasks += tasks
        self.used += used
        self.judgments += judgments
        self._labelers.update(labelers)
        self.guideline_versions.update(versions)

    def add_other(self, other: dict[str, Any]) -> None:
        """Count what another tally counted, of other tasks: what its `state` is."""
        self.add_counts(
            **{name: other[name] for name in ("tasks", "used", "judgments", "labelers")},
            versions=other["guideline_versions"],
        )
        self._records.update(other["records"])
        self._strengths.update(other["strengths"])
        self._left_out.update(other["left_out"])
        self._refused.update(other["refused"])

    def state(self) -> dict[str, Any]:
        """Everything that is counted, as JSON has it."""
        return {
            **self.as_dict(),
            "labelers": sorted(self._labelers),
            "guideline_versions": sorted(self.guideline_versions),
        }

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
    "disagreed": "below the least agreement",
    "strength": "of another strength",
}
