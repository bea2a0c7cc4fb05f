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
    """What `run`, the runs it goes on from and the models it reads learned from, nearest first."""
    snapshots: dict[int, Snapshot] = {}
    runs = [run]
    for at in runs:
        if at.snapshot is not None:
            snapshots.setdefault(at.snapshot.pk, at.snapshot)
        runs += [each for each in _before(at) if each not in runs]
    return Learned(list(snapshots.values()), runs)


def _before(run: Run) -> list[Run]:
    """The runs whose checkpoints `run` started from and read, in that order."""
    read = [run.parent_id, *run.inputs.values_list("checkpoint", flat=True)]
    whole = Checkpoint.objects.select_related("run__snapshot__project", "run__project")
    found = whole.in_bulk([pk for pk in read if pk])
    return list(dict.fromkeys(found[pk].run for pk in read if pk))


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
