"""Runs side by side: what differs, the paired difference, curves and texts of all."""

from __future__ import annotations

import json

import pytest

from training import comparing
from training.models import Run
from training.run_dir import RunDir

pytestmark = pytest.mark.django_db


def leave(run, outcomes=(), report=None, loss=0.5, text="Hello."):
    """What a trainer writes: (prompt, pairs, correct) lines, a report, a curve and a text."""
    folder = RunDir(run.path)
    folder.outputs_path.mkdir()
    lines = [json.dumps({"prompt": p, "pairs": n, "correct": c}) + "\n" for p, n, c in outcomes]
    (folder.outputs_path / "outcomes.jsonl").write_text("".join(lines))
    (folder.outputs_path / "report.json").write_text(json.dumps(report or {}))
    folder.append_progress({"step": 1, "metrics": {"loss": loss}})
    folder.append_samples({"step": 1, "prompt": "Why?", "response": text})


@pytest.fixture
def two(run_factory):
    return run_factory("one", epochs=1.0), run_factory("two", epochs=2.0)


def test_only_settings_that_differ_are_told(two) -> None:
    for run in two:
        leave(run)
    assert [(row.name, row.values) for row in comparing.compare(two).settings] == [
        ("Epochs", [1.0, 2.0])
    ]


def test_the_difference_is_over_the_same_pairs_of_the_same_prompts(two) -> None:
    same = [(f"p{number}", 2, 1) for number in range(40)]
    leave(two[0], [*same, ("only here", 9, 9), ("other pairs", 3, 3)])
    better = [
        (prompt, pairs, right + (number < 20)) for number, (prompt, pairs, right) in enumerate(same)
    ]
    leave(two[1], [*better, ("other pairs", 4, 0)])
    found = comparing.difference(*two)
    assert found is not None
    assert (found.value, found.prompts, found.pairs) == (pytest.approx(20 / 80), 40, 80)
    assert 0 < found.low < found.value < found.high < 0.5
    assert found.is_clear
    assert (found.text, found.interval[0]) == ("+25.0", "+")
    assert comparing.difference(two[0], two[0]).is_clear is False


def test_without_shared_pairs_there_is_no_difference(two) -> None:
    leave(two[0], [("a", 1, 1), ("b", 1, 1)])
    leave(two[1], [("c", 1, 1), ("b", 1, 0)])
    assert comparing.difference(*two) is None


def test_figures_texts_and_curves_stand_beside_one_another(two, run_factory) -> None:
    third = run_factory("two")
    leave(two[0], report={"overall": {"accuracy": 0.6}, "by_kind": {"a": {"accuracy": 0.5}}})
    leave(two[1], report={"overall": {"accuracy": 0.7}, "by_kind": {"b": {"accuracy": 0.4}}})
    leave(third, text="Good day.")
    runs = [*two, third]
    Run.objects.filter(pk=two[0].pk).update(metrics={"loss": 0.5})
    runs[0].refresh_from_db()
    compared = comparing.compare(runs)
    accuracy = next(row for row in compared.figures if row.name == "Accuracy")
    assert [figure and figure.text for figure in accuracy.figures] == ["60.0%", "70.0%", None]
    (asked,) = compared.texts
    assert [text.messages[0]["content"] for _run, text in asked.by_run] == [
        *("Hello.", "Hello.", "Good day.")
    ]
    drawn = {chart["id"]: chart for chart in comparing.charts(runs)}
    assert list(drawn) == ["overall", "by_kind", "curve-loss"]
    assert [row["name"] for row in drawn["overall"]["rows"]] == ["one", "two (2)"]
    assert [line["name"] for line in drawn["curve-loss"]["series"]] == [
        *("one: training", "two (2): training", "two (3): training")
    ]


def test_runs_that_left_nothing_are_compared_by_their_settings(two) -> None:
    compared = comparing.compare(two)
    assert (compared.figures, compared.differences, compared.texts) == ([], [], [])
    assert comparing.charts(two) == []
