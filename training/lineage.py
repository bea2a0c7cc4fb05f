"""Lineage over all apps: from an item to the snapshots, runs and checkpoints that used it, and from
a run back to what it learned from. What a snapshot was made of is `exports.tracing`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from exports import tracing
from exports.models import Snapshot
from labelers.models import Project
from training.models import Checkpoint, Run
from training.voided import runs_behind


@dataclass(frozen=True)
class Use:
    """A snapshot with the records in question, and who learned from it."""

    snapshot: Snapshot
    records: list[tracing.Traced]
    runs: list[Run]
    checkpoints: list[Checkpoint]


@dataclass(frozen=True)
class Learned:
    """What a run learned from: snapshots, nearest first, and the runs between."""

    snapshots: list[Snapshot]
    runs: list[Run]


@dataclass(frozen=True)
class Holding:
    """Everything frozen that certain judgments went into."""

    snapshots: list[tracing.Held]
    runs: list[Run]
    checkpoints: list[Checkpoint]


def of_item(project: Project, task: int) -> list[Use]:
    """Where the item was used, newest snapshot first."""
    uses = []
    for snapshot in tracing.with_files(project):
        records = tracing.records_of_task(snapshot, task)
        if records:
            uses.append(_use(snapshot, records))
    return uses


def of_record(snapshot: Snapshot, record_id: str) -> Use | None:
    """One record, with its judgments and who learned from it; None where there is none."""
    records = tracing.record(snapshot, record_id)
    return _use(snapshot, records) if records else None


def behind(run: Run) -> Learned:
    """The snapshots that `run` and those it goes on from learned from."""
    snapshots: dict[int, Snapshot] = {}
    runs: list[Run] = []
    at: Run | None = run
    while at is not None and at not in runs:
        runs.append(at)
        if at.snapshot is not None:
            snapshots.setdefault(at.snapshot.pk, at.snapshot)
        parent = at.parent_id and Checkpoint.objects.get(pk=at.parent_id).run_id
        found = Run.objects.select_related("snapshot__project", "project").filter(pk=parent or None)
        at = found.first()
    return Learned(list(snapshots.values()), runs)


def holding(project: Project, judgments: Collection[int]) -> Holding:
    """The snapshots that hold `judgments`, and what learned from those."""
    held = tracing.holding(project, judgments)
    runs = runs_behind(project, [each.snapshot for each in held])
    return Holding(held, runs, _checkpoints(runs))


def _use(snapshot: Snapshot, records: list[tracing.Traced]) -> Use:
    runs = runs_behind(snapshot.project, [snapshot])
    return Use(snapshot, records, runs, _checkpoints(runs))


def _checkpoints(runs: list[Run]) -> list[Checkpoint]:
    return list(Checkpoint.objects.filter(run__in=runs).select_related("run").order_by("-id"))
