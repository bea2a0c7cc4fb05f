"""The overlap changes in mid-run: nothing counted is lost, no slot is held twice."""

from __future__ import annotations

import random

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Count, F, Q

from annotation import assigning, changing_overlap, going_on
from annotation.models import Assignment, Judgment, LongChange, ProjectSettings, Task
from labelers.models import AuditEvent, Notice
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next, make_tasks, submit
from tests.at_once import at_once


@pytest.fixture
def wide(project):
    """The project with three labelers per task."""
    ProjectSettings.objects.filter(project=project).update(overlap=3)
    return project


def change(project, admin, overlap) -> LongChange:
    made = changing_overlap.change_overlap(
        project=project, overlap=overlap, changed_by=admin, in_background=False
    )
    return going_on.go_on(change=made.pk)


def check(project) -> None:
    """What must hold of slots at any time."""
    for task in Task.objects.filter(project=project):
        held = list(task.assignments.exclude(slot=None).values_list("slot", flat=True))
        assert all(slot <= task.overlap for slot in held)
        assert len(set(held)) == len(held)
        assert task.free_slots == task.overlap - len(held)
        counted = task.judgments.filter(is_current=True, standing="counted")
        assert task.counted == counted.count() <= task.overlap
        for answer in counted:
            assert answer.slot == task.assignments.get(person=answer.person_id).slot
        assert (task.state == "closed") == (task.counted >= task.overlap)


def test_raised_tasks_open_again_and_are_asked_of_others(project, admin, person_factory):
    [task] = make_tasks(project, 1)
    one, other = (person_factory(name, project, "labeler") for name in ("a", "b"))
    answer_next(one, project, A_IS_BETTER)
    assert assigning.next_assignment(project=project, person=other) is None
    done = change(project, admin, 2)
    assert (done.state, done.counts, done.done) == ("done", {"reopened": 1, "closed": 0}, 1)
    answer_next(other, project, B_IS_BETTER)
    assert assigning.next_assignment(project=project, person=one) is None
    check(project)
    task.refresh_from_db()
    assert (task.overlap, task.counted, task.state) == (2, 2, "closed")


def test_lowered_never_below_what_is_counted(wide, admin, person_factory):
    make_tasks(wide, 2)
    people = [person_factory(name, wide, "labeler") for name in "abc"]
    for person in people:
        answer_next(person, wide, A_IS_BETTER)
    answer_next(people[0], wide, A_IS_BETTER)
    done = change(wide, admin, 1)
    assert done.counts == {"reopened": 0, "closed": 1}
    assert list(wide.tasks.order_by("id").values_list("overlap", "state")) == [
        (3, "closed"),
        (1, "closed"),
    ]
    assert Judgment.objects.filter(standing="counted").count() == 4
    check(wide)
    # Raised again, the one that kept three wants as many as all others.
    change(wide, admin, 4)
    assert set(wide.tasks.values_list("overlap", "state")) == {(4, "open")}
    check(wide)


def test_leases_keep_their_slot_or_their_answer_is_surplus(wide, admin, person_factory):
    [task] = make_tasks(wide, 1)
    people = [person_factory(name, wide, "labeler") for name in "abc"]
    leases = [assigning.next_assignment(project=wide, person=person) for person in people]
    # Slot 3 is answered, 1 and 2 are on screen.
    submit(people[2], wide, leases[2], A_IS_BETTER)
    change(wide, admin, 2)
    check(wide)
    standings = [submit(people[n], wide, leases[n], B_IS_BETTER).standing for n in (0, 1)]
    assert standings == ["counted", "surplus"]
    check(wide)
    task.refresh_from_db()
    assert task.state == "closed"


def test_the_preview_is_what_happens(wide, admin, person_factory):
    make_tasks(wide, 4)
    people = [person_factory(name, wide, "labeler") for name in "abc"]
    for person, count in zip(people, (4, 3, 1), strict=True):
        for _ in range(count):
            answer_next(person, wide, A_IS_BETTER)
    for overlap in (2, 3, 1):
        seen = changing_overlap.preview(project=wide, overlap=overlap)
        done = change(wide, admin, overlap)
        assert done.counts == {"reopened": seen.reopened, "closed": seen.closed}
        wanted = sum(wide.tasks.values_list("overlap", flat=True))
        assert seen.wanted == wanted
        check(wide)


def test_gold_next_turns_and_what_nobody_is_asked_stay(project, admin):
    tasks = make_tasks(project, 3)
    Task.objects.filter(pk=tasks[0].pk).update(is_gold=True)
    Task.objects.filter(pk=tasks[1].pk).update(overlap=0, free_slots=0, state="closed")
    assert change(project, admin, 3).done == 1
    assert list(project.tasks.order_by("id").values_list("overlap", flat=True)) == [1, 0, 3]


@pytest.mark.parametrize(("overlap", "said"), [(0, "from 1 to"), (51, "from 1 to"), (1, "already")])
def test_an_impossible_number_is_refused(project, admin, overlap, said):
    with pytest.raises(ValidationError, match=said):
        change(project, admin, overlap)


def test_one_change_at_a_time_written_down_and_told(project, admin):
    make_tasks(project, 1)
    first = changing_overlap.change_overlap(
        project=project, overlap=2, changed_by=admin, in_background=False
    )
    with pytest.raises(ValidationError, match="under way"):
        change(project, admin, 3)
    assert ProjectSettings.objects.get(project=project).overlap == 2
    going_on.go_on(change=first.pk)
    assert AuditEvent.objects.filter(action="overlap.changed").count() == 1
    assert Notice.objects.get(person=admin).kind == "overlap_changed"


def test_a_killed_change_goes_on_where_it_was(project, admin, monkeypatch):
    make_tasks(project, 7)
    monkeypatch.setattr(changing_overlap, "PIECE", 2)
    made = changing_overlap.change_overlap(
        project=project, overlap=2, changed_by=admin, in_background=False
    )
    calls = []

    def killed_at_third(change):
        calls.append(1)
        if len(calls) == 3:
            changing_overlap.change_piece(change)
            raise RuntimeError("killed")
        return changing_overlap.change_piece(change)

    with monkeypatch.context() as patch:
        patch.setitem(going_on.PIECES, "overlap", killed_at_third)
        with pytest.raises(RuntimeError):
            going_on.go_on(change=made.pk)
    halfway = LongChange.objects.get()
    assert (halfway.done, halfway.state, halfway.error) == (4, "running", "RuntimeError")
    assert going_on.go_on(change=made.pk).done == 7
    check(project)


def test_a_change_that_was_given_up_can_be_asked_for_again(project, admin, monkeypatch):
    make_tasks(project, 2)
    made = changing_overlap.change_overlap(
        project=project, overlap=2, changed_by=admin, in_background=False
    )

    def fails(change):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setitem(going_on.PIECES, "overlap", fails)
        with pytest.raises(RuntimeError):
            going_on.go_on(change=made.pk, is_last_try=True)
    assert LongChange.objects.get().state == "failed"
    assert change(project, admin, 2).done == 2


@pytest.mark.django_db(transaction=True)
def test_it_changes_beside_running_labelers(project, admin, person_factory, monkeypatch):
    ProjectSettings.objects.filter(project=project).update(overlap=3)
    make_tasks(project, 30)
    monkeypatch.setattr(changing_overlap, "PIECE", 3)
    people = [person_factory(f"l{n}", project, "labeler") for n in range(4)]

    def labels(person):
        chance = random.Random(person.pk)
        for _ in range(18):
            lease = assigning.next_assignment(project=project, person=person)
            if lease is None:
                return
            if chance.random() < 0.2:
                assigning.skip(assignment_id=lease.pk, person=person)
            else:
                submit(person, project, lease, A_IS_BETTER)

    def changes():
        for overlap in (2, 4, 1, 3):
            change(project, admin, overlap)

    errors = at_once(changes, *(lambda person=person: labels(person) for person in people))
    assert errors == []
    check(project)
    over = Task.objects.annotate(
        n=Count("judgments", filter=Q(judgments__standing="counted", judgments__is_current=True))
    ).filter(n__gt=F("overlap"))
    assert not over.exists()
    assert Assignment.objects.filter(state="answered").count() == Judgment.objects.count()
