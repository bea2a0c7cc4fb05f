"""What was trained on answers that were voided since: runs on marked snapshots, and all runs that
go on from their checkpoints or read one (a reward model, a reference). Which snapshots are marked
is known to `exports.voiding`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from exports.models import Snapshot
from exports.voiding import snapshots_holding
from labelers.models import Project
from training.models import Run, RunInput


@dataclass(frozen=True)
class Used:
    """The snapshots that certain answers went into, and the runs that learned from those."""

    snapshots: list[Snapshot]
    runs: list[Run]


def used_by(project: Project, judgments: Collection[int]) -> Used:
    """Where `judgments` were used, newest first."""
    snapshots = snapshots_holding(project, judgments)
    return Used(snapshots, runs_behind(project, snapshots))


def runs_behind(project: Project, snapshots: Iterable[Snapshot]) -> list[Run]:
    """The runs that learned from `snapshots`, themselves or by checkpoints, newest first."""
    found = _behind(project, {snapshot.pk: snapshot for snapshot in snapshots})
    return list(Run.objects.filter(pk__in=found).order_by("-id"))


def voided_behind(project: Project) -> dict[int, list[Snapshot]]:
    """By run that learned from voided answers: the marked snapshots behind it, nearest first."""
    marked = Snapshot.objects.filter(project=project, contains_voided=True)
    found = {snapshot.pk: snapshot for snapshot in marked}
    return _behind(project, found) if found else {}


def learned_from_voided(run: Run, context: dict[str, Any]) -> bool:
    """Whether `run` did; read once per project and list, and kept in the serializers' context."""
    known = context.setdefault("voided", {})
    if run.project_id not in known:
        known[run.project_id] = voided_behind(run.project)
    return run.pk in known[run.project_id]


def _behind(project: Project, wanted: dict[int, Snapshot]) -> dict[int, list[Snapshot]]:
    rows = project.runs.filter(is_check=False).values_list("pk", "snapshot", "parent__run")
    above: dict[int, tuple[int | None, list[int]]] = {
        run: (snapshot, [parent] if parent else []) for run, snapshot, parent in rows
    }
    inputs = RunInput.objects.filter(run__project=project, run__is_check=False).order_by("pk")
    for run, read in inputs.values_list("run", "checkpoint__run"):
        above[run][1].append(read)
    found = {}
    for run in above:
        snapshots: dict[int, Snapshot] = {}
        seen, coming = {run}, [run]
        while coming:
            at = coming.pop(0)
            snapshot, before = above.get(at, (None, []))
            if snapshot in wanted:
                snapshots.setdefault(snapshot, wanted[snapshot])
            coming += [each for each in before if each not in seen]
            seen.update(before)
        if snapshots:
            found[run] = list(snapshots.values())
    return found
