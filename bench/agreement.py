"""Agreement over a million judgments: alpha with its interval, and the page of quality.

Alpha: planted labels of 250,000 items, four of 200 labelers each, five ordered values, right in
seven of ten answers, beside the package krippendorff, which is given the counts by item ready-made
and computes no interval. The page: a throw-away Accord with a project of a million judgments
(`million_judgments`), whose figures the background job keeps; then the page over the real server.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import krippendorff
import numpy as np

from annotation.stats.agreement import Resampling, krippendorff_alpha
from bench import million_judgments
from bench.contract import progress, report
from bench.throwaway import served
from bench.visitor import Visitor
from config.supervising import Supervisor

ITEMS, PER_ITEM, LABELERS, VALUES = 250_000, 4, 200, 5
ROUNDS = 5
REQUESTS = 20
SLUG = "million"


def main() -> None:
    """Measure and report."""
    progress("alpha: memory")
    peak = in_a_child(peak_of_alpha)
    ours, theirs, apart = in_a_child(alpha_beside_the_peer)
    report(
        "alpha_1m_seconds",
        ours=statistics.median(ours),
        unit="s",
        goal="< 5",
        peer=statistics.median(theirs),
        peer_name="krippendorff, from counts and without an interval",
        higher_is_better=False,
        detail=f"ordinal, 1,000 replicates, median of {ROUNDS}; values differ by {apart:.1e}",
    )
    report(
        "alpha_1m_peak_mb",
        ours=round(peak, 1),
        unit="MB",
        goal="< 1024",
        higher_is_better=False,
        detail="peak of a process that makes the labels and computes alpha with its interval once",
    )
    measure_the_page()


# ---------------------------------------------------------------------------------------- alpha


def in_a_child(work: Callable[[], Any]) -> Any:
    """What `work` returns in a fresh process, whose memory is its own."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(work).result()


def peak_of_alpha() -> float:
    """Peak memory in MB of labels and alpha with its interval."""
    ordinal(*planted(), Resampling(replicates=1000))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def alpha_beside_the_peer() -> tuple[list[float], list[float], float]:
    """Seconds of ours and of the package in turn, and by how much the values differ."""
    item, labeler, value = planted()
    ours, theirs = [], []
    for number in range(ROUNDS):
        progress(f"alpha: round {number + 1} of {ROUNDS}")
        counts = np.bincount(item * VALUES + value, minlength=ITEMS * VALUES).reshape(ITEMS, -1)
        resampling = Resampling(replicates=1000, seed=number)
        ours.append(seconds(lambda r=resampling: ordinal(item, labeler, value, r)))
        theirs.append(seconds(lambda c=counts: peer(c)))
    apart = abs(ordinal(item, labeler, value, Resampling()).value - peer(counts))
    return ours, theirs, float(apart)


def planted() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Item, labeler and value of every answer, item by item."""
    rng = np.random.default_rng(0)
    item = np.repeat(np.arange(ITEMS), PER_ITEM)
    first = rng.integers(LABELERS, size=ITEMS)
    labeler = (np.repeat(first, PER_ITEM) + np.tile(np.arange(PER_ITEM), ITEMS)) % LABELERS
    truth = rng.integers(VALUES, size=ITEMS)
    right = rng.random(len(item)) < 0.7
    value = np.where(right, truth[item], rng.integers(VALUES, size=len(item)))
    return item, labeler, value


def ordinal(item, labeler, value, resampling: Resampling):
    """Our alpha of the planted answers."""
    return krippendorff_alpha(item, labeler, value, metric="ordinal", resampling=resampling)


def peer(counts: np.ndarray) -> float:
    """The package's alpha of counts by item."""
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="ordinal"))


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


# ------------------------------------------------------------------------------------- the page


def measure_the_page() -> None:
    """Refresh the figures of a million judgments once, then ask for the page."""
    with served() as (supervisor, password):
        admin = Visitor(supervisor.address)
        admin.sign_in("admin", password)
        admin.post("projects/", {"name": "Million", "slug": SLUG, "kind": "pairwise", "overlap": 4})
        making = seconds(lambda: million_judgments.make(supervisor.database.conninfo(), SLUG))
        progress(f"made in {making:.0f} s; measuring")
        refreshed = refresh(supervisor)
        times = page_times(admin)
    size = f"{million_judgments.JUDGMENTS:,} judgments"
    report(
        "figures_refresh_seconds",
        ours=round(refreshed["seconds"], 2),
        unit="s",
        goal=None,
        higher_is_better=False,
        detail=f"every figure of {size}, peak {refreshed['peak_mb']:.0f} MB; "
        f"made in {making:.0f} s",
    )
    report(
        "quality_page_ms",
        ours=round(statistics.median(times), 1),
        unit="ms",
        goal="< 200",
        higher_is_better=False,
        detail=f"median of {REQUESTS} over the real server, p95 "
        f"{np.percentile(times, 95):.0f} ms; {size}",
    )


def refresh(supervisor: Supervisor) -> dict[str, float]:
    """Seconds and peak memory of the background job."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.figures_refresh", SLUG],
        env=supervisor.environment(),
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def page_times(admin: Visitor) -> list[float]:
    """Milliseconds of each request for the page of quality, after two to warm up."""
    times = []
    for _ in range(REQUESTS + 2):
        began = time.perf_counter()
        answer = admin.session.get(f"{admin.address}/projects/{SLUG}/quality/", timeout=60)
        times.append(1000 * (time.perf_counter() - began))
        if answer.status_code != 200 or "chart-agreement" not in answer.text:
            raise RuntimeError(f"The page answered {answer.status_code} without its figures.")
    return times[2:]


if __name__ == "__main__":
    main()
