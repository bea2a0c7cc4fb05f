"""Keeps the Checkpoint rows equal to what lies in a run's folder."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction

from training import run_dir
from training.models import Checkpoint, Run
from training.trainers.catalog import TRAINERS


@transaction.atomic
def record_checkpoints(*, run: Run, found: list[run_dir.Checkpoint], best: str | None) -> int:
    """Write down the checkpoints in `found`, newest last, and who of them is the best.

    Rows whose folder the trainer has pruned stay, for what was trained from them, and are marked
    unavailable. Returns how many were not known before. Runs that leave no model (generate,
    evaluate) have none.
    """
    produces = TRAINERS[run.trainer].produces
    if produces not in Checkpoint.Produces.values:
        return 0
    known = {checkpoint.name: checkpoint for checkpoint in run.checkpoints.all()}
    new = [
        Checkpoint(
            run=run,
            name=checkpoint.name,
            step=checkpoint.step,
            kind=_kind(checkpoint.path),
            produces=produces,
            metrics=checkpoint.metrics,
            path=str(checkpoint.path),
            is_best=checkpoint.name == best,
        )
        for checkpoint in found
        if checkpoint.name not in known
    ]
    Checkpoint.objects.bulk_create(new, ignore_conflicts=True)
    here = {checkpoint.name for checkpoint in found}
    for row in known.values():
        now = (row.name in here, row.name == best)
        if now != (row.available, row.is_best):
            row.available, row.is_best = now
            row.save(update_fields=["available", "is_best"])
    return len(new)


def _kind(folder: Path) -> str:
    adapters = any(folder.rglob("adapter_config.json"))
    return Checkpoint.Kind.ADAPTER if adapters else Checkpoint.Kind.FULL
