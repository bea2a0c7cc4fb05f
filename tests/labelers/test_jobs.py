"""What a killed worker left is taken up, and one job that cannot be does not hold up the rest."""

from __future__ import annotations

import asyncio
import uuid
from types import SimpleNamespace

import pytest
from django.db import connection
from procrastinate.contrib.django import app, procrastinate_app
from procrastinate.contrib.django.models import ProcrastinateJob

from labelers import jobs

pytestmark = pytest.mark.django_db(transaction=True)


def queue(lock: str) -> int:
    """A job of the light queue that nobody else in this database has."""
    return app.configure_task("annotation.import_file", queue="light", queueing_lock=lock).defer(
        uid=str(uuid.uuid4())
    )


def let_its_worker_die(job_id: int) -> None:
    """Make `job_id` the job of a worker whose last heartbeat was an hour ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '1 hour') RETURNING id"
        )
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s",
            [cursor.fetchone()[0], job_id],
        )


def run_the_round() -> None:
    async def round_() -> None:
        current = procrastinate_app.current_app
        worker_app = current.with_connector(current.connector.get_worker_connector())
        async with worker_app.open_async():
            await jobs.retry_stalled.func(SimpleNamespace(app=worker_app), 0)

    asyncio.run(round_())


def test_the_job_of_a_dead_worker_is_queued_again():
    job = queue(f"lock {uuid.uuid4()}")
    let_its_worker_die(job)
    run_the_round()
    assert ProcrastinateJob.objects.get(pk=job).status == "todo"


def test_a_job_that_was_queued_again_meanwhile_is_dropped_and_the_next_is_retried():
    lock = f"lock {uuid.uuid4()}"
    dead = queue(lock)
    let_its_worker_die(dead)
    again, other = queue(lock), queue(f"lock {uuid.uuid4()}")
    let_its_worker_die(other)
    run_the_round()
    assert not ProcrastinateJob.objects.filter(pk=dead).exists()
    waiting = ProcrastinateJob.objects.filter(pk__in=[again, other], status="todo")
    assert waiting.count() == 2
