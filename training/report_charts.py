"""The charts of what a run found out, whichever kind of report it wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from training import evaluation_charts, front_charts, run_report, solve_charts
from training.models import Run

REPORT, FRONT = "report.json", "front.json"


def charts(run: Run) -> list[dict[str, Any]]:
    """Held-out labels, solved problems, or the front of several rewards."""
    report = run_report.read_object(_path(run, REPORT))
    front = front_charts.charts(run_report.read_object(_path(run, FRONT)))
    if report.get("kind") == solve_charts.KIND:
        return [*solve_charts.charts(report), *front]
    return [*evaluation_charts.charts(report), *front]


def is_of_labels(run: Run) -> bool:
    """Whether what is drawn was measured on labels of people."""
    known = run_report.read_object(_path(run, REPORT)).get("kind") == solve_charts.KIND
    return not known and not _path(run, FRONT).exists()


def written(run: Run) -> int:
    """When the newest of the files was written, in nanoseconds; 0 before there is one."""
    paths = (_path(run, name) for name in (REPORT, FRONT))
    return max((path.stat().st_mtime_ns for path in paths if path.exists()), default=0)


def _path(run: Run, name: str) -> Path:
    return run.path / "outputs" / name
