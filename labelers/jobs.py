"""Background work that every app needs: taking up what a killed worker left behind."""

from __future__ import annotations

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from labelers import idempotency, limiting
from labelers.mailing import sending
from labelers.webhooks import delivering

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


@app.task(
    queue="light", name="labelers.send_reset_letters", retry=RetryStrategy(max_attempts=4, wait=60)
)
def send_reset_letters(*, email: str) -> None:
    """Write to whoever has this address and forgot their password."""
    from labelers.signing_in import passwords

    passwords.send_reset_letters(email=email)


@app.periodic(cron="7 * * * *")
@app.task(queue="light", name="labelers.forget_api_use", queueing_lock="forget_api_use")
def forget_api_use(timestamp: int) -> None:
    """Delete answers of the API that are kept long enough, and counts of minutes gone by."""
    idempotency.throw_away_old()
    limiting.throw_away_old()


@app.periodic(cron="23 * * * *")
@app.task(queue="light", name="labelers.forget_ended_sessions")
def forget_ended_sessions(timestamp: int) -> None:
    """Delete what is left of sessions and tries whose time is over."""
    from labelers.signing_in import guarding, sessions

    sessions.forget_ended()
    guarding.forget_old()


@app.periodic(cron="* * * * * */5")
@app.task(queue="light", name="labelers.deliver_webhooks", queueing_lock="deliver_webhooks")
def deliver_webhooks(timestamp: int) -> None:
    """Tell webhooks what happened."""
    delivering.deliver()


@app.periodic(cron="41 * * * *")
@app.task(queue="light", name="labelers.forget_deliveries", queueing_lock="forget_deliveries")
def forget_deliveries(timestamp: int) -> None:
    """Delete the log of webhooks that nobody needs any more."""
    delivering.forget_old()


@app.periodic(cron="* * * * * */20")
@app.task(queue="light", name="labelers.send_letters", queueing_lock="send_letters")
def send_letters(timestamp: int) -> None:
    """Send the letters that are due."""
    sending.send_due()


@app.periodic(cron="53 3 * * *")
@app.task(queue="light", name="labelers.forget_letters", queueing_lock="forget_letters")
def forget_letters(timestamp: int) -> None:
    """Delete letters that were settled long ago, with their addresses."""
    sending.forget_old()
