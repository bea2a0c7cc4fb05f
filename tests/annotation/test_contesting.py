"""Contested items: asked of more people once, of trusted ones only, and never given to others."""

from __future__ import annotations

import random

import pytest
from django.core.exceptions import ValidationError

from annotation import assigning, configuring, contesting, openings, trusting
from annotation.consensus import aggregating
from annotation.models import Judgment, ProjectSettings, Task, TrustedLabeler, Watch
from labelers.models import AuditEvent
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next, make_tasks, submit
from tests.at_once import at_once


@pytest.fixture
def contested(project, admin, person_factory):
    """Two labelers per task, majority, two trusted people more where they disagree."""
    ProjectSettings.objects.filter(project=project).update(overlap=2, consensus_method="majority")
    configuring.change_settings(
        project=project, changed_by=admin, contested_below=0.7, contested_more=2
    )
    return project


def people(project, person_factory, names):
    return [person_factory(name, project, "labeler") for name in names]


def look(project) -> int:
    aggregating.refresh_consensus(project=project)
    return contesting.ask_more(project=project)


def disagree(project, one, other, count=1) -> None:
    for _ in range(count):
        answer_next(one, project, A_IS_BETTER)
        answer_next(other, project, B_IS_BETTER)


def test_disagreement_is_asked_of_trusted_labelers_once(contested, admin, person_factory):
    make_tasks(contested, 2)
    one, other, third, trusted = people(contested, person_factory, "abct")
    trusting.set_trusted(project=contested, person=trusted, trusted=True, set_by=admin)
    disagree(contested, one, other)
    answer_next(one, contested, A_IS_BETTER)
    answer_next(other, contested, A_IS_BETTER)
    assert look(contested) == 1
    task, settled = contested.tasks.order_by("id")
    assert (task.overlap, task.free_slots, task.state, task.trusted_only) == (4, 2, "open", True)
    assert (settled.overlap, settled.state, settled.contested_at) == (2, "closed", None)
    assert assigning.next_assignment(project=contested, person=third) is None
    assert not openings.takeable(contested, third).exists()
    assert openings.takeable(contested, trusted).get() == task
    assert answer_next(trusted, contested, A_IS_BETTER).standing == "counted"
    second = person_factory("t2", contested, "labeler")
    trusting.set_trusted(project=contested, person=second, trusted=True, set_by=admin)
    answer_next(second, contested, B_IS_BETTER)
    # Two against two again: nobody is asked once more.
    assert look(contested) == 0
    task.refresh_from_db()
    assert (task.overlap, task.state) == (4, "closed")
    deed = AuditEvent.objects.get(action="items.contested")
    assert (deed.detail["items"], deed.detail["more"]) == (1, 2)


def test_off_unless_somebody_says_so(project, person_factory):
    ProjectSettings.objects.filter(project=project).update(overlap=2)
    make_tasks(project, 1)
    disagree(project, *people(project, person_factory, "ab"))
    assert look(project) == 0
    assert contesting.ask_more_everywhere() == 0


def test_set_later_it_looks_at_everything(contested, admin, person_factory):
    configuring.change_settings(project=contested, changed_by=admin, contested_below=0.3)
    make_tasks(contested, 1)
    disagree(contested, *people(contested, person_factory, "ab"))
    assert look(contested) == 0
    assert ProjectSettings.objects.get(project=contested).contested_looked_at is not None
    configuring.change_settings(project=contested, changed_by=admin, contested_below=0.7)
    assert contesting.ask_more_everywhere() == 1


def test_incomplete_items_and_gold_are_left_alone(contested, person_factory):
    tasks = make_tasks(contested, 2)
    one, other = people(contested, person_factory, "ab")
    disagree(contested, one, other, 2)
    Task.objects.filter(pk=tasks[0].pk).update(is_gold=True)
    Task.objects.filter(pk=tasks[1].pk).update(overlap=3, free_slots=1, state="open")
    assert look(contested) == 0


def test_everybody_may_be_asked_and_an_open_one_is_let_go(contested, admin, person_factory):
    make_tasks(contested, 1)
    one, other, third = people(contested, person_factory, "abc")
    disagree(contested, one, other)
    look(contested)
    assert assigning.next_assignment(project=contested, person=third) is None
    configuring.change_settings(project=contested, changed_by=admin, contested_by_trusted=False)
    # Their place in the queue was behind it already.
    assert assigning.next_assignment(project=contested, person=third) is not None


def test_a_high_score_on_gold_is_trusted(contested, admin, person_factory):
    make_tasks(contested, 1)
    one, other, good, fair = people(contested, person_factory, "abgf")
    for person, low in ((good, 0.91), (fair, 0.85), (other, None)):
        figures = {"gold": {"value": 0.95, "low": low, "high": 1.0, "n": 40}}
        Watch.objects.create(project=contested, person=person, figures=figures)
    disagree(contested, one, other)
    look(contested)
    assert assigning.next_assignment(project=contested, person=good) is None
    configuring.change_settings(project=contested, changed_by=admin, trusted_from=0.9)
    assert trusting.trusted_in(contested) == {good.pk: "gold"}
    assert assigning.next_assignment(project=contested, person=fair) is None
    assert openings.takeable(contested, good).count() == 1
    assert assigning.next_assignment(project=contested, person=good) is not None


def test_a_late_answer_of_somebody_else_is_surplus(contested, person_factory):
    make_tasks(contested, 1)
    late, one, other = people(contested, person_factory, "lab")
    lease = assigning.next_assignment(project=contested, person=late)
    assigning._give_back(lease, "expired")
    disagree(contested, one, other)
    look(contested)
    assert submit(late, contested, lease, A_IS_BETTER).standing == "surplus"
    assert contested.tasks.get().free_slots == 2


def test_trust_is_given_and_taken_back_by_admins(contested, admin, stranger, person_factory):
    [person] = people(contested, person_factory, "p")
    with pytest.raises(ValidationError):
        trusting.set_trusted(project=contested, person=stranger, trusted=True, set_by=admin)
    assert trusting.set_trusted(project=contested, person=person, trusted=True, set_by=admin)
    assert not trusting.set_trusted(project=contested, person=person, trusted=True, set_by=admin)
    assert trusting.trusted_in(contested) == {person.pk: "named"}
    assert trusting.set_trusted(project=contested, person=person, trusted=False, set_by=admin)
    assert not TrustedLabeler.objects.exists()
    actions = AuditEvent.objects.filter(subject=f"person:{person.pk}").order_by("id")
    assert list(actions.values_list("action", flat=True))[-2:] == [
        "labeler.trusted",
        "labeler.not_trusted",
    ]


def test_the_pages_and_the_api(contested, admin, client, person_factory):
    make_tasks(contested, 2)
    one, other = people(contested, person_factory, "ab")
    disagree(contested, one, other)
    look(contested)
    task = contested.tasks.order_by("id").first()
    client.force_login(admin)
    slug = contested.slug
    page = client.get(f"/projects/{slug}/settings/").content.decode()
    assert "Nobody is trusted yet" in page
    assert client.post(f"/projects/{slug}/labelers/p:{one.pk}/trust/", {"trusted": "yes"})
    assert "Trusted" in client.get(f"/projects/{slug}/labelers/p:{one.pk}/").content.decode()
    assert (
        "Contested: asked of" in client.get(f"/projects/{slug}/items/{task.pk}/").content.decode()
    )
    listed = client.get(f"/api/v1/projects/{slug}/items/?contested=1").json()["results"]
    assert [item["id"] for item in listed] == [task.pk]
    address = f"/api/v1/projects/{slug}/labelers/p:{one.pk}/trust/"
    found = client.post(address, {"trusted": False}, content_type="application/json").json()
    assert found["trusted"] == ""
    changed = client.patch(
        f"/api/v1/projects/{slug}/",
        {"next_by": "random", "contested_below": None, "trusted_from": 0.8},
        content_type="application/json",
    ).json()["settings"]
    assert (changed["next_by"], changed["contested_below"]) == ("random", None)
    assert contested.long_changes.get().kind == "order"
    assert "In random order" in client.get(f"/projects/{slug}/settings/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_at_once_with_everybody_none_is_given_to_others(contested, admin, person_factory):
    make_tasks(contested, 12)
    labelers = people(contested, person_factory, "abcd")
    trusted = people(contested, person_factory, "tu")
    for person in trusted:
        trusting.set_trusted(project=contested, person=person, trusted=True, set_by=admin)

    def labels(person):
        chance = random.Random(person.pk)
        for _ in range(14):
            lease = assigning.next_assignment(project=contested, person=person)
            if lease is not None:
                submit(person, contested, lease, chance.choice([A_IS_BETTER, B_IS_BETTER]))

    def looks():
        for _ in range(6):
            look(contested)

    errors = at_once(looks, looks, *(lambda p=p: labels(p) for p in (*labelers, *trusted)))
    assert errors == []
    for task in contested.tasks.all():
        said = Judgment.objects.filter(task=task, standing="counted")
        assert task.overlap == (4 if task.contested_at else 2)
        assert task.counted == said.count() <= task.overlap
        if task.contested_at:
            after = said.filter(created_at__gt=task.contested_at)
            assert {answer.person for answer in after} <= set(trusted)
