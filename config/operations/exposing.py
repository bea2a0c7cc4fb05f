"""What Prometheus is told: the counts of the web processes, and figures read from the database.

Figures of the database are the same whichever web server is asked. They cost a few short
statements, are read at most every five seconds, and name states and queues, never people.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import psycopg
from django.conf import settings
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config.operations import health, measuring
from labelers.jobs import STALLED_AFTER

KEPT_SECONDS = 5.0
MOST_A_MINUTE = 100_000
"""Judgments of the last minute are counted among so many newest ones."""

FIGURES: tuple[tuple[str, str, Sequence[str], str], ...] = (
    (
        "accord_jobs",
        "Background jobs by queue and status (todo, doing, failed).",
        ("queue", "status"),
        "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs"
        " WHERE status IN ('todo', 'doing', 'failed') GROUP BY 1, 2",
    ),
    (
        "accord_oldest_job_seconds",
        "Age of the oldest job that could begin now, by queue.",
        ("queue",),
        "SELECT job.queue_name, coalesce(max(extract(epoch FROM now() - event.at)), 0)"
        " FROM procrastinate_jobs job JOIN procrastinate_events event ON event.job_id = job.id"
        " AND event.type = 'deferred' WHERE job.status = 'todo'"
        " AND coalesce(job.scheduled_at, now()) <= now() GROUP BY 1",
    ),
    (
        "accord_workers",
        "Workers whose heart beats.",
        (),
        "SELECT count(*) FROM procrastinate_workers"
        " WHERE last_heartbeat > now() - make_interval(secs => %(stalled_after)s)",
    ),
    (
        "accord_leases",
        "Items in the hands of labelers: live, and overdue ones that nobody has taken back yet.",
        ("state",),
        "SELECT CASE WHEN expires_at > now() THEN 'live' ELSE 'overdue' END, count(*)"
        " FROM annotation_assignment WHERE state = 'live' GROUP BY 1",
    ),
    (
        "accord_judgments_last_minute",
        "Judgments stored in the last minute.",
        (),
        "SELECT count(*) FROM annotation_judgment WHERE id >"
        " (SELECT coalesce(max(id), 0) - %(most)s FROM annotation_judgment)"
        " AND created_at > now() - interval '1 minute'",
    ),
    (
        "accord_imports",
        "Imports by state.",
        ("state",),
        "SELECT state, count(*) FROM annotation_importbatch GROUP BY 1",
    ),
    (
        "accord_snapshots",
        "Snapshots by state.",
        ("state",),
        "SELECT state, count(*) FROM exports_snapshot GROUP BY 1",
    ),
    (
        "accord_runs",
        "Training runs by state.",
        ("state",),
        "SELECT state, count(*) FROM training_run GROUP BY 1",
    ),
    (
        "accord_database_connections",
        "Connections to this database, of everybody.",
        (),
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()",
    ),
    (
        "accord_database_bytes",
        "Size of the database.",
        (),
        "SELECT pg_database_size(current_database())",
    ),
)
"""Name, what it is, its labels, and the statement whose rows are the labels and the value."""


class DatabaseFigures(Collector):
    """Reads `FIGURES` when it is asked, and says whether it could."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = -KEPT_SECONDS
        self._kept: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        """What was read within the last five seconds."""
        with self._lock:
            if time.monotonic() - self._read_at > KEPT_SECONDS:
                self._kept = list(self._read())
                self._read_at = time.monotonic()
            return self._kept

    def _read(self) -> Iterator[Metric]:
        reached = 1
        try:
            with health.own_connection() as database:
                for name, about, labels, statement in FIGURES:
                    yield _figure(database, name, about, labels, statement)
        except psycopg.Error:
            reached = 0
        yield GaugeMetricFamily(
            "accord_database_up", "Whether the database answered all of it.", value=reached
        )
        try:
            free = shutil.disk_usage(settings.ACCORD_HOME).free
        except OSError:
            return
        yield GaugeMetricFamily(
            "accord_home_free_bytes", "Room on the disk that holds ACCORD_HOME.", value=free
        )


def _figure(
    database: psycopg.Connection[Any], name: str, about: str, labels: Sequence[str], statement: str
) -> Metric:
    figure = GaugeMetricFamily(name, about, labels=labels)
    given = {"stalled_after": STALLED_AFTER, "most": MOST_A_MINUTE}
    for *values, number in database.execute(statement.encode(), given).fetchall():
        figure.add_metric([str(value) for value in values], float(number))
    return figure


_figures = DatabaseFigures()


def exposition() -> bytes:
    """Everything in Prometheus' text format."""
    measuring.look_at_pool(now=True)
    told = CollectorRegistry()
    told.register(_figures)
    if measuring.is_shared() and os.path.isdir(os.environ["PROMETHEUS_MULTIPROC_DIR"]):
        MultiProcessCollector(told)
        return generate_latest(told)
    return generate_latest(measuring.registry) + generate_latest(told)
