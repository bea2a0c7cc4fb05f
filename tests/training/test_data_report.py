"""The data report for a page: what is known has a place of its own, the rest keeps its name."""

from __future__ import annotations

import json

import pytest

from training import data_report
from training.models import Run

REPORT = {
    "dataset": "/x",
    "records": "ranking",
    "splits": {
        "train": {"rows": 1000, "left_out": {"too_long": 3}, "lengths": {"to 64": 7, "more": 0}}
    },
    "warnings": ["Only 3 examples are left to train on."],
    "example": {"text": "<s>Why?", "tokens": 4},
    "estimate": {"seconds_per_step": 2.5, "steps": 40, "seconds": 100, "memory_bytes": 2 * 1024**3},
    "seen": [1, 2],
    "ok": True,
}


@pytest.fixture
def run(settings, tmp_path):
    settings.ACCORD_HOME = str(tmp_path)
    made = Run(trainer="reward_model", config={}, result={})
    made.path.mkdir(parents=True)
    return made


@pytest.mark.parametrize("text", ["{broken", "[1]", None])
def test_a_missing_or_broken_report_is_none(run, text) -> None:
    if text is not None:
        (run.path / "data_report.json").write_text(text)
    assert data_report.read(run) is None


def test_a_report_is_taken_apart(run) -> None:
    (run.path / "data_report.json").write_text(json.dumps(REPORT))
    found = data_report.read(run)
    assert found is not None
    assert found.warnings == ["Only 3 examples are left to train on."]
    assert [text.replace("\xa0", " ") for _name, text in found.costs] == [
        *("1 min 40 s", "2.0 GB", "40", "2.5 s")
    ]
    assert (found.example, found.example_figures) == ("<s>Why?", [("Tokens", "4")])
    (chart,) = found.lengths
    assert [(bar["name"], bar["value"]) for bar in chart["bars"]] == [("Up to 64", 7)]
    rows = dict(found.rows)
    assert rows["Splits / Train / Left out / Too long"] == "3"
    assert (rows["Seen"], rows["Ok"]) == ("1, 2", True)
    assert not [name for name in rows if "Dataset" in name or "ength" in name]
