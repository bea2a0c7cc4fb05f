"""One snapshot in a process by itself, or the raw COPY of what it reads: `... SLUG build|copy`.

Runs over the database of the environment and prints seconds, rows and the peak of memory as JSON.
The copy asks the same statements with the same keys in the same transaction and throws away what
comes.
"""

from __future__ import annotations

import json
import resource
import sys
import time


def main(slug: str, deed: str) -> None:
    """Measure and print."""
    import django

    django.setup()
    from labelers.models import Project

    project = Project.objects.get(slug=slug)
    began = time.perf_counter()
    rows = {"build": build, "copy": copy}[deed](project)
    seconds = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "rows": rows,
                "peak_mb": usage.ru_maxrss / 1024,
                "processor": usage.ru_utime + usage.ru_stime,
            }
        )
    )


def build(project) -> int:
    """Freeze everything; how many records there are."""
    from exports import snapshotting

    snapshot = snapshotting.request_snapshot(
        project=project, created_by=None, name=f"bench {time.time():.3f}"
    )
    told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told > 5:
            told = time.monotonic()
            print(f"{done:,} of {total:,} tasks", file=sys.stderr, flush=True)

    snapshot = snapshotting.build_snapshot(snapshot_uid=snapshot.uid, on_progress=tell)
    if snapshot.error:
        raise SystemExit(snapshot.error)
    return sum(snapshot.counts["records"].values())


def copy(project) -> int:
    """Copy the same rows and throw them away; how many judgments there are."""
    from exports.arrow_reading import POINT_LOOKUPS
    from exports.batches import PLACES, SAID, TASKS, keys_of
    from exports.collecting import MOST_TASKS, Reading
    from exports.filters import Filters

    with Reading(project, Filters()) as reading:
        frozen = reading.freeze()
        with reading._connection.connection.cursor() as cursor:
            for setting in POINT_LOOKUPS:
                cursor.execute(f"SET LOCAL {setting} = off")
            cursor.execute("SET LOCAL jit = off")
            cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
            for part in frozen.in_parts(MOST_TASKS):
                for query in (TASKS, PLACES, SAID):
                    filled = query.format(**keys_of(part))
                    with cursor.copy(f"COPY ({filled}) TO STDOUT (FORMAT binary)") as pieces:
                        for _piece in pieces:
                            pass
        return frozen.rows.num_rows


if __name__ == "__main__":
    main(*sys.argv[1:])
