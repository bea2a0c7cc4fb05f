"""Whose opinions: who took part, how groups agree, and that small cells are never told."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from annotation.models import Judgment, KeptFigures
from annotation.voices import opinions, populating
from labelers import audit, grouping, surveying
from labelers.models import AuditEvent
from tests.annotation.making import make_tasks


def survey(project, **counts):
    """Answer the survey: `survey(project, woman=6)` as so many women."""
    for value, count in counts.items():
        for _ in range(count):
            surveying.keep_answers(project=project, answers={"gender": value})


def genders(cells, what="people"):
    return {cell["value"]: cell[what] for cell in cells}


def only_dimension(rows, name="gender"):
    return next(row for row in rows if row["dimension"] == name)


def test_an_empty_project_has_nothing_to_show(project):
    found = opinions.figures_of(project)
    assert found == {"least": 5, "survey": {"answered": None, "dimensions": []}, "groups": []}


def test_who_answered_the_survey(project):
    survey(project, woman=6, man=12)
    found = opinions.survey_of(project)
    assert found["answered"] == 18
    cells = only_dimension(found["dimensions"])["cells"]
    assert genders(cells) == {"woman": 6, "man": 12, "other": None, "": None}
    assert genders(cells, "share") == {"woman": 1 / 3, "man": 2 / 3, "other": None, "": None}


def test_a_small_cell_takes_the_next_smallest_with_it(project):
    survey(project, woman=6, man=12, other=2)
    cells = only_dimension(opinions.survey_of(project)["dimensions"])["cells"]
    assert genders(cells) == {"woman": None, "man": 12, "other": None, "": None}


def test_who_said_nothing_is_a_cell_as_well(project):
    survey(project, woman=6, man=12)
    for _ in range(3):
        surveying.keep_answers(project=project, answers={"age": "25-34"})
    found = opinions.survey_of(project)["dimensions"]
    # Twenty-one answered; six women would tell that three said nothing.
    assert genders(only_dimension(found)["cells"]) == dict.fromkeys(["woman", "other", ""]) | {
        "man": 12
    }
    assert only_dimension(found)["cells"][1]["share"] == 12 / 21
    assert set(genders(only_dimension(found, "age")["cells"]).values()) == {None}


def test_satisfaction_is_nobodys_group(project):
    for _ in range(9):
        surveying.keep_answers(project=project, answers={"fair": "5"})
    assert opinions.survey_of(project)["dimensions"] == []


@pytest.fixture
def crowd(project, person_factory):
    """Labelers in groups of gender: `crowd(woman=6, man=6, none=2)` answers every item."""

    def make(items=20, tags=("talk",), opposed=(), **groups):
        tasks = make_tasks(project, items, tags=list(tags))
        for value, count in groups.items():
            for number in range(count):
                person = person_factory(f"{value}-{number}", project, "labeler")
                if value != "none":
                    grouping.choose_groups(project=project, person=person, groups={"gender": value})
                for place, task in enumerate(tasks):
                    first = (place % 2 == 0) != (value in opposed)
                    if (place + number) % 5 == 0:
                        first = not first
                    answer(task, person, "a" if first else "b")
        return tasks

    return make


def answer(task, person, choice):
    Judgment.objects.create(
        task=task,
        person=person,
        standing="adjudication",
        answer={"choice": choice, "strength": "better"},
        client_id=uuid.uuid4(),
        display_order=[0, 1],
    )


def group_of(project):
    return only_dimension(opinions.figures_of(project)["groups"])


def test_groups_that_judge_alike_and_groups_that_do_not(crowd, project):
    crowd(woman=6, man=6, opposed=["man"])
    found = group_of(project)
    cells = {(row["one"], row["other"]): row for row in found["agreement"]}
    assert set(cells) == {("woman", "woman"), ("woman", "man"), ("man", "man")}
    assert cells["woman", "woman"]["value"] > 0.55
    assert cells["woman", "man"]["value"] < 0.45
    assert found["apart"]["gap"]["low"] > 0
    (tag,) = found["tags"]
    assert tag["tag"] == "talk"
    assert tag["gap"]["value"] == pytest.approx(found["apart"]["gap"]["value"])
    # To two digits, and without how many judgments come from a group: see `_group`.
    assert cells["woman", "man"]["value"] == round(cells["woman", "man"]["value"], 2)
    assert set(found["cells"][0]) == {"value", "people", "share"}


def test_alike_they_are_not_apart(crowd, project):
    crowd(woman=6, man=6)
    gap = group_of(project)["apart"]["gap"]
    assert gap["low"] <= 0.02


def test_a_group_of_four_is_in_no_figure_and_its_complement_neither(crowd, project):
    crowd(woman=4, man=6, other=9)
    found = group_of(project)
    assert genders(found["cells"]) == {"woman": None, "man": None, "other": 9, "": None}
    assert [(row["one"], row["other"]) for row in found["agreement"]] == [("other", "other")]
    assert found["apart"] is None
    assert found["tags"] == []


def test_people_without_a_group_are_a_cell_and_in_no_agreement(crowd, project):
    crowd(woman=6, man=6, none=7)
    found = group_of(project)
    assert genders(found["cells"]) == {"woman": 6, "man": 6, "other": None, "": 7}
    assert len(found["agreement"]) == 3


def test_a_cell_counts_people_who_meet_and_not_members(crowd, project, person_factory):
    crowd(woman=6, items=4)
    (alone,) = make_tasks(project, 5)[4:]
    for number in range(6):
        person = person_factory(f"late-{number}", project, "labeler")
        grouping.choose_groups(project=project, person=person, groups={"gender": "man"})
        # Five of the six men met nobody of the others.
        answer(alone if number else project.tasks.first(), person, "a")
    rows = {(r["one"], r["other"]): r["value"] for r in group_of(project)["agreement"]}
    assert rows["woman", "man"] is None


def test_nothing_shown_names_a_person(crowd, project):
    crowd(woman=6, man=6)
    shown = json.dumps(opinions.figures_of(project))
    for judgment in Judgment.objects.select_related("person"):
        assert judgment.person.username not in shown
        assert judgment.person.pseudonym not in shown


def test_they_are_kept_for_a_day_and_the_target_is_of_now(project, admin):
    survey(project, woman=6, man=12)
    first = opinions.opinions_of(project)
    survey(project, woman=1)
    populating.change_population(
        project=project, changed_by=admin, population={"gender": {"woman": 0.5, "man": 0.5}}
    )
    again = opinions.opinions_of(project)
    assert again.computed_at == first.computed_at
    (row,) = again.figures["survey"]["dimensions"]
    assert genders(row["cells"])["woman"] == 6
    assert genders(row["cells"], "target") == {"woman": 0.5, "man": 0.5, "other": None, "": None}
    KeptFigures.objects.update(computed_at=timezone.now() - timedelta(hours=25))
    (row,) = opinions.opinions_of(project).figures["survey"]["dimensions"]
    assert genders(row["cells"])["woman"] == 7


def test_the_background_renews_what_is_a_day_old(project):
    opinions.opinions_of(project)
    assert opinions.keep_old() == 0
    KeptFigures.objects.update(computed_at=timezone.now() - timedelta(hours=25))
    assert opinions.keep_old() == 1
    assert opinions.keep_old() == 0


def test_a_few_new_people_are_not_told_by_what_changed(crowd, project, person_factory):
    tasks = crowd(woman=6, man=6)
    first = opinions.opinions_of(project)
    KeptFigures.objects.update(computed_at=timezone.now() - timedelta(hours=25))
    with transaction.atomic(), audit.rewriting():
        AuditEvent.objects.update(at=timezone.now() - timedelta(hours=26))
    for number in range(5):
        person = person_factory(f"new-{number}", project, "labeler")
        grouping.choose_groups(project=project, person=person, groups={"gender": "woman"})
        answer(tasks[0], person, "a")
        cells = only_dimension(opinions.opinions_of(project).figures["groups"])["cells"]
        assert genders(cells)["woman"] == (11 if number == 4 else 6)
    assert "counted" not in first.figures
