"""Background work of exports: building snapshots, and marking those whose labels were voided."""

from __future__ import annotations

from procrastinate.contrib.django import app

from exports import pushing, snapshotting, voiding


@app.task(queue="light", name="exports.build_snapshot")
def build_snapshot(snapshot_uid: str) -> None:
    """Build one snapshot; twice is the same as once."""
    snapshotting.build_snapshot(snapshot_uid=snapshot_uid)


@app.periodic(cron="* * * * *")
@app.task(queue="light", name="exports.build_waiting", queueing_lock="build_waiting")
def build_waiting(timestamp: int) -> None:
    """Take up what a killed worker or command left unfinished."""
    snapshotting.build_waiting()


@app.periodic(cron="*/10 * * * *")
@app.task(queue="light", name="exports.note_voided", queueing_lock="note_voided")
def note_voided(timestamp: int) -> None:
    """Mark the snapshots that hold judgments which were voided or withdrawn since."""
    voiding.note_voided()


@app.periodic(cron="* * * * * */20")
@app.task(queue="light", name="exports.note_recent", queueing_lock="note_recent")
def note_recent(timestamp: int) -> None:
    """The same within seconds where an admin has just voided answers."""
    voiding.note_recent()


@app.task(queue="light", name="exports.push")
def push(push_uid: str) -> None:
    """Send one snapshot elsewhere; twice is the same as once."""
    pushing.run_push(push_uid=push_uid)


@app.periodic(cron="* * * * *")
@app.task(queue="light", name="exports.push_waiting", queueing_lock="push_waiting")
def push_waiting(timestamp: int) -> None:
    """Take up what a killed worker left unsent."""
    pushing.run_waiting()
