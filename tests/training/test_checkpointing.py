"""Checkpoint rows follow the folders: new, best, pruned."""

from __future__ import annotations

import pytest

from training.checkpointing import record_checkpoints
from training.run_dir import RunDir

pytestmark = pytest.mark.django_db


def save(run, step, *, score=None, adapter=False) -> None:
    def write(folder) -> None:
        name = "adapter_config.json" if adapter else "model.safetensors"
        (folder / name).write_text("{}")

    RunDir(run.path).write_checkpoint(step=step, metrics={"s": step}, score=score, write=write)


def record(run) -> int:
    folder = RunDir(run.path)
    best = folder.best_checkpoint()
    return record_checkpoints(run=run, found=folder.checkpoints(), best=best.name if best else None)


def test_rows_follow_the_folders(run_factory) -> None:
    run = run_factory()
    save(run, 1, score=0.9, adapter=True)
    assert (record(run), record(run)) == (1, 0)
    row = run.checkpoints.get()
    assert (row.kind, row.produces, row.is_best, row.metrics) == (
        "adapter",
        "reward_model",
        True,
        {"s": 1},
    )
    save(run, 2, score=0.5)
    save(run, 3, score=0.95)
    save(run, 4, score=0.1)
    assert record(run) == 2
    rows = {c.step: (c.kind, c.available, c.is_best) for c in run.checkpoints.all()}
    assert rows == {
        1: ("adapter", False, False),
        3: ("full", True, True),
        4: ("full", True, False),
    }


def test_a_run_that_leaves_no_model_has_no_checkpoints(run_factory) -> None:
    run = run_factory(trainer="generate")
    save(run, 1)
    assert record(run) == 0
    assert not run.checkpoints.exists()
