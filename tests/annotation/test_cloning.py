"""A project like another: what it asks, items where wanted, never people or answers."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from annotation import cloning, configuring, going_on
from annotation.gold import keeping_gold
from annotation.models import (
    Assignment,
    Judgment,
    LongChange,
    ProjectSettings,
    Prompt,
    Response,
    ScreeningPolicy,
    Task,
)
from labelers import consenting
from labelers.models import CrowdSettings, Membership, Project
from tests.annotation.making import A_IS_BETTER, answer_next, make_tasks


@pytest.fixture
def full(project, admin, labeler):
    """A project with everything that a copy may and may not take over."""
    ProjectSettings.objects.filter(project=project).update(
        overlap=2, lease_seconds=99, kind_options={"tie": False}, covered_tags=["x"]
    )
    project = Project.objects.get(pk=project.pk)
    configuring.publish_guidelines(project=project, text="# One", created_by=admin)
    configuring.publish_guidelines(project=project, text="# Two", created_by=admin)
    ScreeningPolicy.objects.create(project=project, topics=["law"], training_items=7)
    consenting.publish_form(project=project, text="Agree", created_by=admin)
    CrowdSettings.objects.create(project=project, gives_codes=True, wanted_items=5)
    tasks = make_tasks(project, 4, tags=["law"], language="en")
    keeping_gold.make(task=tasks[0], answer=A_IS_BETTER, explanation="Because", made_by=admin)
    Task.objects.filter(pk=tasks[3].pk).update(state="retired")
    answer_next(labeler, project, A_IS_BETTER)
    return project


def clone(project, admin, **options) -> Project:
    made = cloning.clone_project(
        project=project, name="Again", cloned_by=admin, in_background=False, **options
    )
    for change in LongChange.objects.filter(project=made):
        going_on.go_on(change=change.pk)
    return made


def test_it_asks_and_hires_as_the_other_one(full, admin):
    made = clone(full, admin)
    settings = ProjectSettings.objects.get(project=made)
    assert (settings.overlap, settings.lease_seconds, settings.covered_tags) == (2, 99, ["x"])
    assert made.guidelines.get().text == "# Two"
    assert made.screening_policy.topics == ["law"]
    assert consenting.form_in_force(made).text == "Agree"
    assert made.crowd_settings.wanted_items == 5
    assert not made.tasks.exists()
    assert list(Membership.objects.filter(project=made).values_list("person", "role")) == [
        (admin.pk, "admin")
    ]


def test_items_come_without_what_people_said_of_them(full, admin):
    made = clone(full, admin, with_tasks=True, with_gold=True)
    tasks = list(made.tasks.order_by("id"))
    assert [(t.is_gold, t.state, t.counted, t.free_slots) for t in tasks] == [
        (True, "open", 0, 2),
        (False, "open", 0, 2),
        (False, "open", 0, 2),
    ]
    before = full.tasks.order_by("id").first()
    assert tasks[0].content_hash == before.content_hash
    assert [place.response.messages for place in tasks[0].placed.all()] == [
        place.response.messages for place in before.placed.all()
    ]
    assert tasks[0].prompt.tags == ["law"]
    assert (tasks[0].gold.answer, tasks[0].gold.explanation) == (before.gold.answer, "Because")
    for rows in (Judgment, Assignment):
        assert not rows.objects.filter(task__project=made).exists()
    # Nothing is shared: what becomes of the one touches nothing of the other.
    assert Prompt.objects.filter(project=made).count() == 3
    assert Response.objects.filter(prompt__project=made, source__project=made).count() == 6


@pytest.mark.parametrize(
    ("options", "gold", "others"),
    [({"with_gold": True}, 1, 0), ({"with_tasks": True}, 0, 2)],
)
def test_gold_and_tasks_are_chosen_apart(full, admin, options, gold, others):
    made = clone(full, admin, **options)
    assert made.tasks.filter(is_gold=True).count() == gold
    assert made.tasks.filter(is_gold=False).count() == others


def test_a_killed_copy_goes_on(full, admin, monkeypatch):
    monkeypatch.setattr(cloning, "PIECE", 1)
    made = cloning.clone_project(
        project=full, name="Again", cloned_by=admin, with_tasks=True, in_background=False
    )
    change = LongChange.objects.get(project=made)
    cloning.copy_piece(change)
    # That piece was not written down: it comes once more, and is there once.
    done = going_on.go_on(change=change.pk)
    assert (done.done, done.total, made.tasks.count()) == (2, 2, 2)


def test_the_copy_can_be_labeled(full, admin, person_factory):
    made = clone(full, admin, with_tasks=True)
    Project.objects.filter(pk=made.pk).update(is_screened=False)
    made.refresh_from_db()
    person = person_factory("new", made, "labeler")
    ProjectSettings.objects.filter(project=made).update(gold_rate=0)
    assert answer_next(person, made, A_IS_BETTER).standing == "counted"


def test_a_name_is_needed(full, admin):
    with pytest.raises(ValidationError, match="name"):
        cloning.clone_project(project=full, name=" ", cloned_by=admin)
