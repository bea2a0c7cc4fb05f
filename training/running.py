"""Follows runs: starts the trainer where none is alive, reads its files into the run's row.

Any number of workers may be killed at any moment: the trainer goes on without them, its folder
tells the next follower all there is to know, and an advisory lock keeps followers single.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from labelers import audit
from training import scoring
from training.checkpointing import record_checkpoints
from training.launching import (
    EXIT_NOT_UNDERSTOOD,
    ask_to_leave,
    death_sentence,
    start_trainer,
)
from training.models import Run
from training.queueing import enqueue
from training.run_dir import RunDir, RunDirError
from training.trainers.catalog import TRAINERS

INTERVAL_SECONDS = 1.0
ORPHANED_AFTER = timedelta(seconds=15)
MAX_ATTEMPTS = 3
LOCK_PATIENCE_SECONDS = 3.0
LEAVE_PATIENCE_SECONDS = 60.0


def follow(
    run_uid: str | UUID,
    *,
    should_leave: Callable[[], bool] = lambda: False,
    interval: float = INTERVAL_SECONDS,
) -> None:
    """Stay with a run from wherever it is to its end; at once over where another follower is.

    When `should_leave` says so (the worker is shutting down), the trainer is asked to write a
    checkpoint and to leave; the run waits in state queued for the next worker.
    """
    with _only_follower(UUID(str(run_uid))) as alone:
        run = Run.objects.filter(uid=run_uid).first()
        if alone and run is not None and run.is_live:
            _Follower(run, should_leave, interval).follow()


def adopt_orphans() -> int:
    """Give a new job to every live run without a heartbeat; how many jobs were made."""
    orphans = Run.objects.filter(state__in=Run.LIVE).filter(
        Q(followed_at__isnull=True) | Q(followed_at__lt=Now() - ORPHANED_AFTER)
    )
    return sum(enqueue(run=run) for run in orphans)


@contextmanager
def _only_follower(uid: UUID) -> Iterator[bool]:
    """Hold the run's advisory lock on a connection of its own, which dies with this process."""
    key = int.from_bytes(uid.bytes[:8], "big", signed=True)
    parameters = {**connection.get_connection_params(), "autocommit": True}
    with connection.Database.connect(**parameters) as own, own.cursor() as cursor:
        deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
        while True:
            held = cursor.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone()[0]
            if held or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        yield held


class _Follower:
    """One run's follower: what it has read so far, and the trainer if this process started it."""

    def __init__(self, run: Run, should_leave: Callable[[], bool], interval: float) -> None:
        self.run = run
        self.folder = RunDir(run.path)
        self.should_leave = should_leave
        self.interval = interval
        self.child: subprocess.Popen[bytes] | None = None
        self.status: int | None = None
        self.offset = 0
        self.metrics: dict[str, Any] = {}
        self.seen: list[tuple[str, int]] | None = None

    def follow(self) -> None:
        if not self._begin():
            return
        while True:
            alive = self._trainer_alive()
            self._read()
            if self.should_leave():
                self._leave()
                return
            if not alive and self._ended():
                return
            if self.run.cancel_requested:
                self.folder.request_stop()
            time.sleep(self.interval)

    def _begin(self) -> bool:
        """Mark the run running, unless it was cancelled in the meantime."""
        claimed = Run.objects.filter(pk=self.run.pk, state__in=Run.LIVE).update(
            state=Run.State.RUNNING, started_at=Coalesce(F("started_at"), Now()), followed_at=Now()
        )
        self.run.refresh_from_db()
        return bool(claimed)

    def _trainer_alive(self) -> bool:
        """Whether a trainer works on the run, ours or one that an earlier follower started.

        One that was just started holds no lock before its libraries are loaded.
        """
        if self.child is not None:
            self.status = self.child.poll()
            if self.status is None:
                return True
            self.child = None
        return self.folder.is_locked()

    def _read(self) -> None:
        """Bring the row up to date with the files, and learn what was asked of the run."""
        records, self.offset = self.folder.read_progress(self.offset)
        for record in records:
            self.metrics |= record.get("metrics", {})
        fields: dict[str, Any] = {"followed_at": Now()}
        if records:
            last = records[-1]
            fields |= {
                "step": max(0, int(last.get("step") or 0)),
                "total_steps": max(0, int(last.get("total_steps") or 0)),
                "phase": str(last.get("phase") or "")[:40],
                "metrics": self.metrics,
            }
        if self._record_checkpoints():
            fields["attempts"] = 0
        Run.objects.filter(pk=self.run.pk).update(**fields)
        self.run.refresh_from_db()

    def _record_checkpoints(self) -> int:
        found = self.folder.checkpoints()
        names = [(checkpoint.name, checkpoint.progress_offset) for checkpoint in found]
        if names == self.seen:
            return 0
        self.seen = names
        best = self.folder.best_checkpoint()
        return record_checkpoints(run=self.run, found=found, best=best.name if best else None)

    def _ended(self) -> bool:
        """Deal with a trainer that is not alive: the run's end, or another start."""
        # The trainer's last words may have come after the last reading.
        self._read()
        try:
            state = self.folder.state()
            result, error = self.folder.result(), self.folder.error()
        except RunDirError as broken:
            self._finish(Run.State.FAILED, error=str(broken))
            return True
        if state == "running":
            return False
        if state in ("done", "cancelled", "failed"):
            if state == "done" and scoring.is_scoring(self.run) and not self.run.is_check:
                # Before the run is done: whoever follows it next would take them again.
                scoring.take_scores(self.run)
            self._finish(Run.State(state), result=result or {}, error=error or "")
        elif self.run.cancel_requested:
            self._finish(Run.State.CANCELLED, result=result or {})
        elif state != "preempted" and (
            self.status == EXIT_NOT_UNDERSTOOD or self.run.attempts >= MAX_ATTEMPTS
        ):
            sentence = death_sentence(self.folder, starts=self.run.attempts, status=self.status)
            self._finish(Run.State.FAILED, error=sentence)
        else:
            self._start(counts=state != "preempted")
            return False
        return True

    def _start(self, *, counts: bool) -> None:
        if counts:
            Run.objects.filter(pk=self.run.pk).update(attempts=F("attempts") + 1)
        self.folder.clear_outcome()
        if scoring.is_scoring(self.run):
            scoring.write_responses(self.run)
        self.child = start_trainer(
            self.folder, module=TRAINERS[self.run.trainer].module, check=self.run.is_check
        )

    @transaction.atomic
    def _finish(
        self, state: Run.State, *, result: dict[str, Any] | None = None, error: str = ""
    ) -> None:
        Run.objects.filter(pk=self.run.pk).update(
            state=state, result=result or {}, error=error, finished_at=Now(), cancel_requested=False
        )
        audit.record(
            actor=None,
            action=f"run.check_{state.value}" if self.run.is_check else f"run.{state.value}",
            project=self.run.project,
            subject=f"run:{self.run.uid}",
        )

    def _leave(self) -> None:
        """Hand the run back: the trainer stops with a checkpoint, the row waits for a worker."""
        if self.child is not None:
            self.child.terminate()
        else:
            ask_to_leave(self.folder)
        deadline = time.monotonic() + LEAVE_PATIENCE_SECONDS
        while self._trainer_alive() and time.monotonic() < deadline:
            time.sleep(min(self.interval, 0.2))
        self._read()
        Run.objects.filter(pk=self.run.pk, state=Run.State.RUNNING).update(
            state=Run.State.QUEUED, followed_at=None
        )
