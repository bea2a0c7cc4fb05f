"""Background work of training: one follower per run, and a round that adopts orphans.

Following holds a worker of the queue "training" for as long as the run trains, so that this
worker's concurrency is how many runs train at a time. The rounds go through the queue "light".
"""

from __future__ import annotations

from procrastinate import JobContext
from procrastinate.contrib.django import app

from training import running


@app.task(queue="training", name="training.follow", pass_context=True)
def follow(context: JobContext, *, run_uid: str) -> None:
    """Start or adopt the run's trainer and stay with it to its end."""
    running.follow(run_uid, should_leave=context.should_abort)


@app.periodic(cron="* * * * * */10")
@app.task(queue="light", name="training.adopt", queueing_lock="training.adopt")
def adopt(timestamp: int) -> None:
    """Give every run that nobody follows a new job."""
    running.adopt_orphans()
