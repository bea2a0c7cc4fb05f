"""The background jobs: rounds every ten seconds, and a follower's job that does its work."""

from __future__ import annotations

import pytest
from croniter import croniter
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from training import jobs
from training.models import Run


def test_orphans_are_looked_for_every_ten_seconds() -> None:
    (periodic,) = [
        task
        for task in app.periodic_registry.periodic_tasks.values()
        if task.task.name == "training.adopt"
    ]
    times = croniter(periodic.cron, 1_000_000_000)
    assert [times.get_next(float) - 1_000_000_000 for _ in range(3)] == [10, 20, 30]
    assert periodic.task.queue == "light", "a training worker may be busy for days"


@pytest.mark.django_db(transaction=True)
def test_the_job_of_a_request_follows_its_run(run_factory, small_trainer) -> None:
    run = run_factory()
    job = ProcrastinateJob.objects.get(queueing_lock=f"run:{run.uid}")
    task = app.tasks[job.task_name]

    class Context:
        @staticmethod
        def should_abort() -> bool:
            return False

    assert task is jobs.follow
    task.func(Context(), **job.args)
    assert Run.objects.get(pk=run.pk).state == "done"
