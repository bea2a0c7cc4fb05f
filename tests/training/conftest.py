"""What the tests of training share: a snapshot, a run, and a small trainer without torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def snapshot(project, settings):
    """A finished snapshot of `project`; its folder exists and is empty."""
    from django.utils import timezone

    from exports.models import Snapshot

    folder = Path(settings.ACCORD_HOME) / "snapshots" / "of-essays"
    folder.mkdir(parents=True, exist_ok=True)
    return Snapshot.objects.create(
        project=project,
        name="first labels",
        state=Snapshot.State.DONE,
        fractions={},
        folder="snapshots/of-essays",
        digest="0" * 64,
        finished_at=timezone.now(),
    )


@pytest.fixture
def small_trainer(monkeypatch) -> None:
    """`reward_model` runs `tests.training.contract_trainer`."""
    from training.trainers.catalog import TRAINERS

    entry = dataclasses.replace(TRAINERS["reward_model"], module="tests.training.contract_trainer")
    monkeypatch.setitem(TRAINERS, "reward_model", entry)


@pytest.fixture
def run_factory(project, snapshot) -> Callable:
    """Make a run: `run_factory(max_steps=5)`; its settings are those of `reward_model`."""
    from training.queueing import request_run

    def make(name="rm", trainer="reward_model", parent=None, **config):
        if trainer == "reward_model":
            config = {"model": "tiny", "max_steps": 6, "learning_rate": 0.0} | config
        return request_run(
            project=project,
            created_by=None,
            trainer=trainer,
            name=name,
            config=config,
            snapshot=snapshot,
            parent=parent,
        )

    return make


@pytest.fixture
def done_run(run_factory, small_trainer):
    """A run that a follower has brought to its end, with its checkpoints."""
    from training.running import follow

    run = run_factory("finished")
    follow(run.uid, interval=0.05)
    run.refresh_from_db()
    return run


@pytest.fixture(autouse=True)
def static_root(settings) -> None:
    """The folder that whitenoise wants to find; collecting into it is not the tests' business."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
