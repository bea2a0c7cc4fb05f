"""Win rates and strengths of small projects, by hand."""

from __future__ import annotations

import pytest

from annotation.consensus import aggregating
from annotation.figures import winning
from tests.annotation.making import TIE, answer_next, make_tasks


def test_win_rates_count_ties_as_half_and_keep_sources_apart(project_factory, person_factory):
    project = project_factory(overlap=2, gold_rate=0)
    aya, ben = (person_factory(name, project, "labeler") for name in ("aya", "ben"))
    tasks = make_tasks(project, 3)
    for task, choice in zip(tasks, ("model-0", "model-0", None), strict=True):
        sources = [p.response.source.name for p in task.placed.all()]
        answer = (
            TIE if choice is None else {"choice": "ab"[sources.index(choice)], "strength": "better"}
        )
        for person in (aya, ben):
            answer_next(person, project, answer)
    aggregating.refresh_consensus(project=project)
    (rate,) = winning.win_rates(project)
    assert (rate.source_a, rate.source_b) == ("model-0", "model-1")
    assert (rate.wins_a, rate.wins_b, rate.ties) == (2, 0, 1)
    assert rate.rate == pytest.approx(2.5 / 3)
    assert rate.low <= rate.rate <= rate.high


def test_three_sources_stand_on_one_scale():
    def rate(a, b, wins_a, wins_b):
        return winning.WinRate(a, b, wins_a, wins_b, 0, 0.5, None, None)

    found = winning.strengths_of([rate("x", "y", 8, 2), rate("y", "z", 8, 2)])
    assert [row["source"] for row in found] == ["x", "y", "z"]
    assert sum(row["strength"] for row in found) == pytest.approx(0, abs=1e-9)
    assert all(row["low"] < row["strength"] < row["high"] for row in found)
    assert winning.strengths_of([rate("x", "y", 8, 2)]) == []
