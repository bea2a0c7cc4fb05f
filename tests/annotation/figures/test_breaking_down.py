"""Agreement of parts by hand, and of planted parts that agree differently."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from annotation.figures import breaking_down, gold_grades, label_matrix
from annotation.figures.label_matrix import UNASKED, Tasks
from tests.annotation.crowds import crowd_of
from tests.annotation.figures.test_agreeing import planted


def rows_by_part(rows):
    return {row["part"]: row for row in rows}


def test_parts_are_of_their_own_items(project_factory, person_factory):
    project = project_factory(overlap=3, gold_rate=0)
    people = [person_factory(f"l{n}", project, "labeler") for n in range(4)]
    crowd_of(project, people, tasks=24)
    matrix = label_matrix.read(project)
    found = breaking_down.breakdowns(matrix)
    assert set(found) == {"language", "tag", "source", "strength"}
    language = rows_by_part(found["language"])
    assert {part: row["items"] for part, row in language.items()} == {"en": 8, "ja": 8, "de": 8}
    assert {row["answers"] for row in language.values()} == {24}
    assert sum(row["items"] for row in found["tag"]) == 48
    # Each response of every item is by one of the two: both parts are the whole project.
    of_sources = [row["percent"]["value"] for row in found["source"]]
    whole = breaking_down.row_of(matrix, "", np.ones(len(matrix.unit), dtype=bool))
    assert of_sources == [whole["percent"]["value"]] * 2


def test_a_language_in_which_people_guess_stands_out():
    matrix = planted(400, 0.9, seed=1)
    guessed = matrix.task % 2 == 1
    said = np.where(guessed, np.random.default_rng(2).integers(0, 2, len(guessed)), matrix.said)
    about = Tasks(
        id=np.arange(400),
        language=np.arange(400) % 2,
        languages=["en", "ja"],
        criterion=np.zeros(400, dtype=int),
        criteria=[""],
        sources=["model"],
    )
    sources = np.zeros((400, 2), dtype=int)
    changed = replace(matrix, said=said, about=about, unit_sources=sources)
    found = breaking_down.breakdowns(changed)
    language = rows_by_part(found["language"])
    assert language["en"]["percent"]["low"] > 0.7 > language["ja"]["percent"]["high"]
    assert language["en"]["alpha"]["value"] == pytest.approx(0.64, abs=0.08)
    assert language["ja"]["alpha"]["low"] <= 0 <= language["ja"]["alpha"]["high"]
    # Nobody gave a strength.
    assert (changed.signed == UNASKED).all()
    assert found["strength"] == []


def test_weeks_have_no_gaps_and_say_what_was_answered_in_them(project_factory, person_factory):
    project = project_factory(overlap=3, gold_rate=0)
    people = [person_factory(f"l{n}", project, "labeler") for n in range(4)]
    crowd_of(project, people, tasks=20, weeks=6)
    project.tasks.first().judgments.update(created_at="2026-01-05T00:00Z")
    matrix = label_matrix.read(project)
    weeks = breaking_down.by_week(matrix, gold_grades.read(project))
    assert [week["part"] for week in weeks] == [f"2026-W{n:02}" for n in range(2, 16)]
    assert sum(week["answers"] for week in weeks) == 60
    assert weeks[0]["answers"] == 3
    assert weeks[3]["answers"] == weeks[3]["gold"]["n"] == 0
    assert weeks[3]["percent"]["value"] is weeks[3]["alpha"]["value"] is None
    assert weeks[3]["percent"]["reason"]


def test_strength_says_how_often_the_others_agree():
    matrix = planted(300, 0.85, seed=4)
    # Who is right is sure of it.
    truth = np.round(np.bincount(matrix.task, weights=matrix.said) / 4)[matrix.task]
    signed = np.where(matrix.said == truth, 4, 1) * np.where(matrix.said == 0, 1, -1)
    rows = rows_by_part(breaking_down.by_strength(replace(matrix, signed=signed)))
    assert list(rows) == ["significantly", "negligibly"]
    assert rows["significantly"]["percent"]["low"] > rows["negligibly"]["percent"]["high"]


def test_nothing_to_break_down(project):
    matrix = label_matrix.read(project)
    assert breaking_down.breakdowns(matrix) == {}
    assert breaking_down.by_week(matrix, gold_grades.read(project)) == []
