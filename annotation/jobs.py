"""Background work of annotation: each task calls the function that the pages would call.

Who queues a task names it, so that this module may import what it calls without a circle.
"""

from __future__ import annotations

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from annotation import assigning, contesting, finding, going_on, importing
from annotation.consensus import aggregating, consensus_figures
from annotation.figures import keeping_figures
from annotation.gold import gold_review
from annotation.voices import opinions
from annotation.watch import watching
from labelers.models import Project


@app.task(queue="light", name="annotation.import_file")
def import_file(uid: str) -> None:
    """Read one file in."""
    importing.run_import(uid=uid)


@app.periodic(cron="* * * * * */30")
@app.task(queue="light", name="annotation.resume_imports", queueing_lock="resume_imports")
def resume_imports(timestamp: int) -> None:
    """Go on with imports whose worker was killed or whose disk was full."""
    importing.resume_stranded()


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
        consensus_figures.keep_changed(project)


@app.periodic(cron="* * * * * */20")
@app.task(queue="light", name="annotation.keep_changed_figures", queueing_lock="keep_changed")
def keep_changed_figures(timestamp: int) -> None:
    """Have the figures of every large project that changed measured again."""
    keeping_figures.keep_changed()


@app.task(queue="light", name="annotation.keep_figures")
def keep_figures(project: int) -> None:
    """Measure one project, if it is still there."""
    for found in Project.objects.filter(pk=project):
        keeping_figures.keep(project=found)


@app.periodic(cron="*/10 * * * *")
@app.task(queue="light", name="annotation.look_at_gold", queueing_lock="look_at_gold")
def look_at_gold(timestamp: int) -> None:
    """Tell admins of gold that may no longer hold or that runs out."""
    gold_review.look_at_all(Project.objects.filter(state=Project.State.ACTIVE))


@app.periodic(cron="* * * * * */30")
@app.task(queue="light", name="annotation.watch", queueing_lock="watch")
def watch(timestamp: int) -> None:
    """Look at the work of labelers wherever there is something new."""
    watching.refresh_changed()


@app.periodic(cron="23 * * * *")
@app.task(queue="light", name="annotation.keep_opinions", queueing_lock="keep_opinions")
def keep_opinions(timestamp: int) -> None:
    """Bring whose opinions a project holds up to date, where somebody looks at it, once a day."""
    opinions.keep_old()


@app.periodic(cron="* * * * *")
@app.task(queue="light", name="annotation.ask_more", queueing_lock="ask_more")
def ask_more(timestamp: int) -> None:
    """Ask more people about items that became contested."""
    contesting.ask_more_everywhere()


@app.task(
    queue="light",
    name="annotation.go_on",
    retry=RetryStrategy(max_attempts=going_on.MOST_TRIES, wait=30),
    pass_context=True,
)
def go_on(context: JobContext, change: int) -> None:
    """Go on with a long change: of the overlap, or a copy of items."""
    tries = context.job.attempts if context.job else 0
    going_on.go_on(change=change, is_last_try=tries >= going_on.MOST_TRIES)


@app.periodic(cron="41 * * * *")
@app.task(queue="light", name="annotation.forget_influxes", queueing_lock="forget_influxes")
def forget_influxes(timestamp: int) -> None:
    """Delete notes of items that came in long ago; see `finding`."""
    finding.forget_influxes()
