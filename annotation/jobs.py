"""Background work of annotation: each task calls the function that the pages would call."""

from __future__ import annotations

from procrastinate.contrib.django import app


@app.task(queue="light", name="annotation.import_file")
def import_file(uid: str) -> None:
    """Read one file in."""
    from annotation.importing import run_import

    run_import(uid=uid)


@app.periodic(cron="* * * * * */15")
@app.task(queue="light", name="annotation.release_expired", queueing_lock="release_expired")
def release_expired(timestamp: int) -> None:
    """Free the slots of leases that ran out."""
    from annotation.assigning import release_expired as release

    release()


@app.periodic(cron="* * * * * */30")
@app.task(queue="light", name="annotation.refresh", queueing_lock="refresh_consensus")
def refresh(timestamp: int) -> None:
    """Bring the consensus of every project up to date."""
    from annotation.aggregating import refresh_consensus
    from labelers.models import Project

    for project in Project.objects.exclude(state=Project.State.ARCHIVED):
        refresh_consensus(project=project)
