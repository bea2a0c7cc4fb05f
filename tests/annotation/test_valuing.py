"""What is asked next: each order, kept up with the answers; a switch loses nobody's item."""

from __future__ import annotations

import random

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from annotation import assigning, configuring, going_on, scoring, valuing
from annotation.models import Assignment, LongChange, ProjectSettings, Response, Task
from annotation.scoring import Score
from labelers.models import AuditEvent, Notice
from tests.annotation.making import A_IS_BETTER, candidate, make_tasks, submit
from tests.at_once import at_once

Order = ProjectSettings.Order


def change(project, admin, next_by) -> LongChange:
    made = valuing.change_order(
        project=project, next_by=next_by, changed_by=admin, in_background=False
    )
    return going_on.go_on(change=made.pk)


def asked(project, person, count: int) -> list[int]:
    """The tasks that one labeler is given, answering each."""
    tasks = []
    for _ in range(count):
        lease = assigning.next_assignment(project=project, person=person)
        tasks.append(lease.task_id)
        submit(person, project, lease, A_IS_BETTER)
    return tasks


def score(project, *differences: float | None) -> None:
    """Score the responses of the tasks in order: the first is better by so much; None: not."""
    tasks = project.tasks.order_by("id")
    scores = []
    for task, difference in zip(tasks, differences, strict=True):
        if difference is not None:
            first, second = task.placed.order_by("position")
            scores += [Score(first.response_id, difference), Score(second.response_id, 0.0)]
    scoring.store_scores(
        project=project, scorer="rm", scores=scores, stored_by=None, in_background=False
    )


def test_as_imported_unless_somebody_says_otherwise(project, labeler):
    tasks = make_tasks(project, 4)
    assert asked(project, labeler, 4) == [task.pk for task in tasks]
    assert set(project.tasks.values_list("value", flat=True)) == {0.0}


def test_random_is_another_order_and_new_items_are_among_them(project, admin, labeler):
    make_tasks(project, 40)
    change(project, admin, Order.RANDOM)
    make_tasks(project, 80)
    values = list(project.tasks.order_by("id").values_list("value", flat=True))
    assert len(set(values)) == 80
    assert all(-1 <= value <= 0 for value in values)
    in_order = list(project.tasks.order_by("-value").values_list("id", flat=True))
    assert asked(project, labeler, 30) == in_order[:30]
    assert in_order != sorted(in_order)
    assert {task > in_order[0] for task in in_order[:30]} == {True, False}


def test_back_to_as_imported(project, admin, labeler):
    tasks = make_tasks(project, 6)
    change(project, admin, Order.RANDOM)
    change(project, admin, Order.IMPORTED)
    assert asked(project, labeler, 6) == [task.pk for task in tasks]


def test_least_judged_gives_every_item_a_first_answer_before_a_second(
    project, admin, person_factory
):
    ProjectSettings.objects.filter(project=project).update(overlap=3)
    make_tasks(project, 4)
    change(project, admin, Order.LEAST)
    make_tasks(project, 6)
    people = [person_factory(name, project, "labeler") for name in "abc"]
    for answers in range(1, 4):
        for turn in range(6):
            asked(project, people[(turn + answers) % 3], 1)
        assert set(project.tasks.values_list("counted", flat=True)) == {answers}
        assert set(project.tasks.values_list("value", flat=True)) == {-answers}


def test_what_is_given_back_rises_again(project, admin, person_factory):
    ProjectSettings.objects.filter(project=project).update(overlap=2)
    first, *_rest = make_tasks(project, 3)
    change(project, admin, Order.LEAST)
    one, other = (person_factory(name, project, "labeler") for name in "ab")
    asked(project, other, 0)
    leases = [assigning.next_assignment(project=project, person=one) for _ in range(1)]
    assert leases[0].task_id == first.pk
    asked(project, other, 2)
    assigning.skip(assignment_id=leases[0].pk, person=one)
    first.refresh_from_db()
    assert (first.value, first.free_slots) == (0, 2)
    assert asked(project, other, 1) == [first.pk]


def test_most_uncertain_first_and_what_has_no_scores_after(project, admin, labeler):
    tasks = make_tasks(project, 5)
    change(project, admin, Order.UNCERTAIN)
    assert set(project.tasks.values_list("value", flat=True)) == {valuing.UNSCORED}
    score(project, 3.0, None, 0.1, -1.0, None)
    going_on.go_on(change=LongChange.objects.latest("id").pk)
    by_number = [tasks.index(Task(pk=pk)) for pk in asked(project, labeler, 5)]
    assert by_number == [2, 3, 0, 1, 4]
    # 1 - |2p - 1| = 1 - tanh(|d| / 2), less one.
    values = project.tasks.order_by("id").values_list("value", flat=True)
    assert list(values) == pytest.approx([-0.905148, -2, -0.049958, -0.462117, -2], abs=1e-6)


def test_models_that_disagree_make_an_item_uncertain(project, admin):
    sure, disputed = make_tasks(project, 2)
    change(project, admin, Order.UNCERTAIN)
    for task, spread in ((sure, 0.0), (disputed, 2.0)):
        first, second = task.placed.order_by("position")
        scores = [Score(first.response_id, 2.0, spread), Score(second.response_id, 0.0, spread)]
        scoring.store_scores(
            project=project, scorer="three", scores=scores, stored_by=None, in_background=False
        )
    going_on.go_on(change=LongChange.objects.latest("id").pk)
    sure.refresh_from_db()
    disputed.refresh_from_db()
    assert sure.value < disputed.value <= 0


def test_scores_wait_where_the_project_goes_by_something_else(project, admin):
    make_tasks(project, 1)
    score(project, 1.0)
    assert not LongChange.objects.exists()
    assert ProjectSettings.objects.get(project=project).scorer == "rm"
    change(project, admin, Order.UNCERTAIN)
    assert project.tasks.get().value > valuing.UNSCORED


def test_scores_that_come_while_the_order_changes_are_in_it(project, admin, monkeypatch):
    make_tasks(project, 3)
    monkeypatch.setattr(valuing, "PIECE", 1)
    made = valuing.change_order(
        project=project, next_by=Order.UNCERTAIN, changed_by=admin, in_background=False
    )
    going_on._one_piece(made.pk)
    score(project, 1.0, 1.0, 1.0)
    assert LongChange.objects.count() == 1
    going_on.go_on(change=made.pk)
    assert valuing.UNSCORED not in project.tasks.values_list("value", flat=True)


def test_storing_twice_replaces_and_strangers_are_passed_over(project, admin, project_factory):
    make_tasks(project, 1)
    elsewhere = project_factory("elsewhere")
    make_tasks(elsewhere, 1)
    foreign = Response.objects.filter(prompt__project=elsewhere).first()
    own = Response.objects.filter(prompt__project=project).first()
    for mean in (1.0, 2.0):
        kept = scoring.store_scores(
            project=project,
            scorer="rm",
            scores=[Score(own.pk, mean), Score(foreign.pk, mean), Score(10**12, mean)],
            stored_by=admin,
        )
        assert kept == 1
    assert list(own.scores.values_list("mean", flat=True)) == [2.0]
    assert not foreign.scores.exists()


def test_written_down_and_told_once(project, admin):
    make_tasks(project, 1)
    change(project, admin, Order.LEAST)
    deed = AuditEvent.objects.get(action="order.changed")
    assert deed.detail == {"before": "imported", "next_by": "least"}
    assert Notice.objects.get(person=admin).kind == "order_changed"
    valuing.change_order(
        project=project, next_by=Order.RANDOM, changed_by=admin, in_background=False
    )
    with pytest.raises(ValidationError, match="under way"):
        change(project, admin, Order.IMPORTED)
    with pytest.raises(ValidationError, match="Choose one of"):
        change(project, admin, "newest")


def test_the_settings_change_it(project, admin):
    make_tasks(project, 1)
    configuring.change_settings(project=project, changed_by=admin, next_by="least", name="Other")
    configuring.change_settings(project=project, changed_by=admin, next_by="least")
    assert ProjectSettings.objects.get(project=project).next_by == "least"
    assert LongChange.objects.get().kind == "order"


@pytest.mark.django_db(transaction=True)
def test_switching_beside_running_labelers_loses_nobodys_item(
    project, admin, person_factory, monkeypatch
):
    ProjectSettings.objects.filter(project=project).update(overlap=3)
    make_tasks(project, 24)
    monkeypatch.setattr(valuing, "PIECE", 3)
    people = [person_factory(f"l{n}", project, "labeler") for n in range(4)]

    def labels(person):
        chance = random.Random(person.pk)
        while (lease := assigning.next_assignment(project=project, person=person)) is not None:
            if chance.random() < 0.1:
                Assignment.objects.filter(pk=lease.pk).update(expires_at=timezone.now())
                assigning.release_expired(project=project)
            else:
                submit(person, project, lease, A_IS_BETTER)

    def changes():
        for next_by in (Order.LEAST, Order.RANDOM, Order.LEAST, Order.IMPORTED, Order.LEAST):
            change(project, admin, next_by)

    errors = at_once(changes, *(lambda person=person: labels(person) for person in people))
    assert errors == []
    # Who asked while the last items were locked by a change had been told that nothing is left.
    assigning.release_expired(project=project)
    for person in people:
        labels(person)
    # Three of four answered each item, and nothing is left for anybody.
    assert set(project.tasks.values_list("counted", "state")) == {(3, "closed")}
    assert set(project.tasks.values_list("value", flat=True)) == {-3}


@pytest.mark.django_db(transaction=True)
def test_least_judged_is_kept_up_by_many_at_once(project, admin, person_factory):
    ProjectSettings.objects.filter(project=project).update(overlap=3)
    make_tasks(project, 40)
    change(project, admin, Order.LEAST)
    people = [person_factory(f"l{n}", project, "labeler") for n in range(4)]
    errors = at_once(*(lambda person=person: asked(project, person, 9) for person in people))
    assert errors == []
    found = list(project.tasks.values_list("counted", "value"))
    assert all(value == -counted for counted, value in found)
    assert sum(counted for counted, _value in found) == 36
    # Two who look in the same instant may meet at one item, no more than that.
    assert sum(counted > 1 for counted, _value in found) <= 4


def test_items_for_nobody_come_in_by_the_order_too(project, admin):
    from annotation import tasking

    change(project, admin, Order.LEAST)
    tasking.add_candidates(
        project=project, added_by=None, candidates=[candidate(1)], ask_people=False
    )
    tasking.add_candidates(project=project, added_by=None, candidates=[candidate(1)])
    assert list(project.tasks.values_list("value", "is_evened", "state")) == [(0, True, "open")]
