"""What web processes count while they work, for Prometheus. Reading it out is
`config.operations.exposing`.

Labels are names of routes, known methods and status codes: none grows with people or data. Several
web processes of one machine add up through files where PROMETHEUS_MULTIPROC_DIR names a folder.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BETWEEN_LOOKS_AT_POOL = 5.0
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

# Whatever tidies up folders in memory must not keep a web server from starting again.
if _folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    os.makedirs(_folder, mode=0o700, exist_ok=True)

registry = CollectorRegistry()
"""Of this process alone; the usual global one would be filled by libraries."""

_requests = Counter(
    "accord_requests",
    "Requests answered.",
    ["view", "method", "status"],
    registry=registry,
)
_latencies = Histogram(
    "accord_request_seconds",
    "Time until a request was answered.",
    ["view"],
    buckets=_SECONDS,
    registry=registry,
)
_working = Gauge(
    "accord_requests_in_progress",
    "Requests being answered now.",
    registry=registry,
    multiprocess_mode="livesum",
)
_pool = Gauge(
    "accord_database_pool",
    "Connections of the web processes' pools: open, idle, and requests that wait for one.",
    ["what"],
    registry=registry,
    multiprocess_mode="livesum",
)
_looking = threading.Lock()
_looked_at = -BETWEEN_LOOKS_AT_POOL


def is_shared() -> bool:
    """Whether processes of this machine add up through files."""
    return bool(os.environ.get("PROMETHEUS_MULTIPROC_DIR"))


def known_method(method: str | None) -> str:
    """The method, or a word for all that no page has: anybody can invent methods."""
    return method if method in METHODS else "OTHER"


@contextmanager
def in_progress() -> Iterator[None]:
    """Count a request as being answered."""
    _working.inc()
    try:
        yield
    finally:
        _working.dec()


def note_request(*, route: str, method: str | None, status: int, seconds: float) -> None:
    """Count one answered request."""
    _requests.labels(route, known_method(method), str(status)).inc()
    _latencies.labels(route).observe(seconds)
    look_at_pool()


def look_at_pool(*, now: bool = False) -> None:
    """Note how full this process's pool is, every few seconds."""
    global _looked_at
    if not now and time.monotonic() - _looked_at < BETWEEN_LOOKS_AT_POOL:
        return
    if not _looking.acquire(blocking=False):
        return
    try:
        _looked_at = time.monotonic()
        pool = getattr(connection, "pool", None)
        if pool is None:
            return
        said = pool.get_stats()
        for what, name in (
            ("open", "pool_size"),
            ("idle", "pool_available"),
            ("waiting", "requests_waiting"),
        ):
            _pool.labels(what).set(said.get(name, 0))
    finally:
        _looking.release()
