"""Export: a million pairwise comparisons with their judgments, frozen as Parquet.

`./run bench export [TASKS [JUDGMENTS]]`: a throw-away Accord gets a project of 1,000,000 pairwise
tasks with one judgment each (`exported_comparisons`), so that the snapshot holds a million pairs.
The snapshot is built by a process of its own; beside it another one copies the rows of the same
statements, with the same keys in one transaction, and throws them away.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from bench import exported_comparisons
from bench.contract import progress, report
from bench.throwaway import served
from bench.visitor import Visitor
from config.supervising import Supervisor

TASKS, PER_TASK = 1_000_000, 1
METHOD = "majority"
SLUG = "exported"


def main() -> None:
    """Measure and report."""
    tasks, per_task = sizes(sys.argv[1:])
    with served() as (supervisor, password):
        admin = Visitor(supervisor.address)
        admin.sign_in("admin", password)
        admin.post(
            "projects/",
            {"name": "Exported", "slug": SLUG, "kind": "pairwise", "overlap": per_task},
        )
        exported_comparisons.make(
            supervisor.database.conninfo(), SLUG, tasks=tasks, per_task=per_task, method=METHOD
        )
        # Twice: the first pass finds the pages of the tables still on the disk.
        measure(supervisor, "copy")
        copied = measure(supervisor, "copy")
        built = measure(supervisor, "build")
    load = os.getloadavg()[0]
    size = f"{tasks:,} tasks with {per_task} judgments each, consensus by {METHOD}"
    report(
        "rows_per_second",
        ours=round(built["rows"] / built["seconds"], 1),
        unit="1/s",
        goal=f">= {1_000_000 / 60:.0f}",
        peer=round(built["rows"] / copied["seconds"], 1),
        peer_name="COPY of the same SELECTs, thrown away",
        detail=f"{built['rows']:,} pairs in {built['seconds']:.1f} s; {size}; load {load:.1f}",
    )
    report(
        "copy_ratio",
        ours=round(built["seconds"] / copied["seconds"], 2),
        unit="times",
        goal="<= 5",
        higher_is_better=False,
        detail=f"{copied['seconds']:.1f} s for the COPY; load {load:.1f}",
    )
    report(
        "export_peak_mb",
        ours=round(built["peak_mb"], 1),
        unit="MB",
        goal="<= 1024",
        higher_is_better=False,
        detail="peak of the process that builds the snapshot",
    )


def sizes(words: list[str]) -> tuple[int, int]:
    """How many tasks, and how many judgments each."""
    numbers = [int(word) for word in words]
    return (*numbers, *(TASKS, PER_TASK)[len(numbers) :])  # type: ignore[return-value]


def measure(supervisor: Supervisor, deed: str) -> dict[str, Any]:
    """What a fresh process says that does `deed`."""
    progress(deed)
    done = subprocess.run(
        [sys.executable, "-m", "bench.exported_snapshot", SLUG, deed],
        env=supervisor.environment() | {"DATABASE_URL": supervisor.database.conninfo()},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    progress(f"{deed}: {found['seconds']:.1f} s, {found['peak_mb']:.0f} MB")
    return found


if __name__ == "__main__":
    main()
