"""The run directory of an ensemble's member, whose progress the ensemble's tells as well."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from training.run_dir import Checkpoint, RunDir

STEPPING = ("training", "evaluating")
"""Phases whose steps are those of the optimiser."""


class MemberRun(RunDir):
    """RUN/members/N. In the ensemble's progress its steps follow those of earlier members."""

    def __init__(self, ensemble: RunDir, number: int) -> None:
        super().__init__(ensemble.path / "members" / str(number))
        self.ensemble, self.number = ensemble, number

    def append_progress(self, record: dict[str, Any]) -> None:
        """Append a line here and to the ensemble's progress."""
        super().append_progress(record)
        self._tell(record)

    def truncate_to(self, checkpoint: Checkpoint | None) -> None:
        """Cut back this member's files, and tell the ensemble's progress anew."""
        super().truncate_to(checkpoint)
        self.ensemble.truncate_to(None)
        for member in [*self._earlier, self]:
            for record in member.read_progress()[0]:
                member._tell(record)

    def last_step(self) -> int:
        """The step that this member has come to."""
        lines, _ = self.read_progress()
        return max((line["step"] for line in lines if line["phase"] in STEPPING), default=0)

    @cached_property
    def _earlier(self) -> list[MemberRun]:
        return [MemberRun(self.ensemble, number) for number in range(1, self.number)]

    @cached_property
    def _steps_before(self) -> int:
        return sum(member.last_step() for member in self._earlier)

    @cached_property
    def _members(self) -> int:
        return int(self.ensemble.config()["members"])

    def _tell(self, record: dict[str, Any]) -> None:
        told = record | {"metrics": {**record["metrics"], "member": self.number}}
        if record["phase"] in STEPPING:
            told["step"] = record["step"] + self._steps_before
            told["total_steps"] = record["total_steps"] * self._members
        self.ensemble.append_progress(told)
