"""Background work that every app needs: taking up what a killed worker left behind."""

from __future__ import annotations

from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

STALLED_AFTER = 30
"""Seconds without a heartbeat after which a worker counts as dead; it sends one every 10."""


@app.periodic(cron="* * * * * */20")
@app.task(queue="light", name="labelers.retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Give the jobs of dead workers to a living one. So every job must bear to run twice."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        try:
            await manager.retry_job(job)
        except UniqueViolation:
            # The same work was queued again meanwhile; this job has nothing left to do.
            await manager.finish_job(job, status=Status.FAILED, delete_job=True)
