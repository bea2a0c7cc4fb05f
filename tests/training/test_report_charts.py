"""Which charts belong to which report, and when they change."""

from __future__ import annotations

import pytest

from training import report_charts
from training.durable_files import write_json

pytestmark = pytest.mark.django_db

LABELS = {"overall": {"accuracy": 0.6}}
SOLVED = {"kind": "solve", "solved": {"overall": {"accuracy": 0.25}}}
FRONT = {
    "criteria": ["a", "b"],
    "points": [{"name": "1,0", "rewards": {"a": {"value": 1.0}, "b": {"value": 0.0}}}],
}


@pytest.mark.parametrize(
    ("name", "content", "charts", "of_labels"),
    [
        ("report.json", LABELS, ["overall"], True),
        ("report.json", SOLVED, ["solved"], False),
        ("front.json", FRONT, ["front-0", "front-points"], False),
    ],
)
def test_a_report_is_drawn_by_its_kind(run_factory, name, content, charts, of_labels) -> None:
    run = run_factory()
    assert (report_charts.charts(run), report_charts.written(run)) == ([], 0)
    (run.path / "outputs").mkdir(parents=True)
    write_json(run.path / "outputs" / name, content)
    assert [chart["id"] for chart in report_charts.charts(run)] == charts
    assert report_charts.is_of_labels(run) == of_labels
    assert report_charts.written(run) > 0
