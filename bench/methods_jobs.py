"""The work of the bench of methods as jobs that wait for one another, in processes of one thread.

What a job does is its own business; here is only who goes when.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from bench.contract import progress

QUIET = {
    "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
    "TQDM_DISABLE": "1", "TOKENIZERS_PARALLELISM": "false",
}  # fmt: skip


@dataclass(frozen=True)
class Job:
    """``work`` of its arguments, then of the results of the jobs that it ``needs``."""

    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    needs: tuple[str, ...] = ()


def done(jobs: Mapping[str, Job], workers: int) -> dict[str, Any]:
    """The results of all jobs by name, ``workers`` of them at a time, in the order they come.

    A job that fails fails the bench: a table with holes would compare nothing.
    """
    os.environ.update(QUIET)
    results: dict[str, Any] = {}
    waiting, running = dict(jobs), dict[Future[Any], str]()
    began = time.monotonic()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        while waiting or running:
            ready = [n for n, job in waiting.items() if all(each in results for each in job.needs)]
            if not ready and not running:
                raise ValueError(f"These jobs wait for one another: {', '.join(waiting)}.")
            # No more than the workers have hands for: what becomes ready later may be more urgent.
            for name in ready[: workers - len(running)]:
                job = waiting.pop(name)
                needed = [results[each] for each in job.needs]
                running[pool.submit(_timed, job.work, *job.arguments, *needed)] = name
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(future)
                results[name], seconds = future.result()
                minutes = (time.monotonic() - began) / 60
                progress(
                    f"{minutes:.1f} min, {len(results)} of {len(jobs)}: {name} in {seconds:.0f} s"
                )
    return results


def _timed(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    gc.collect()  # models lie in cycles: let go of those of the job before
    began = time.monotonic()
    return work(*arguments), time.monotonic() - began
