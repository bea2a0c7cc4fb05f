"""Background work of annotation: each task calls the function that the pages would call.

Who queues a task names it, so that this module may import what it calls without a circle.
"""

from __future__ import annotations

from procrastinate.contrib.django import app

from annotation import aggregating, assigning, importing
from labelers.models import Project


@app.task(queue="light", name="annotation.import_file")
def import_file(uid: str) -> None:
    """Read one file in."""
    importing.run_import(uid=uid)


@app.periodic(cron="* * * * * */15")
@app.task(queue="light", name="annotation.release_expired", queueing_lock="release_expired")
def release_expired(timestamp: int) -> None:
    """Free the slots of leases that ran out."""
    assigning.release_expired()


@app.periodic(cron="* * * * * */30")
@app.task(queue="light", name="annotation.refresh", queueing_lock="refresh_consensus")
def refresh(timestamp: int) -> None:
    """Bring the consensus of every project up to date."""
    for project in Project.objects.exclude(state=Project.State.ARCHIVED):
        aggregating.refresh_consensus(project=project)
