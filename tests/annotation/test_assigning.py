"""Leases: one slot each, never two of a task to one person, given back when they run out."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation import assigning
from annotation.models import Assignment
from labelers import qualifying
from labelers.models import Project
from tests.annotation.making import A_IS_BETTER, candidate, make_tasks, submit
from tests.at_once import at_once


def expire(assignment):
    Assignment.objects.filter(pk=assignment.pk).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )


def test_a_lease_takes_a_slot_and_shows_every_response_once(project, labeler):
    (task,) = make_tasks(project)
    assignment = assigning.next_assignment(project=project, person=labeler)
    task.refresh_from_db()
    assert (assignment.task, assignment.slot, task.free_slots) == (task, 1, 0)
    assert sorted(assignment.display_order) == [0, 1]


def test_asking_again_gives_what_is_held_unless_the_client_shows_it(project, labeler):
    make_tasks(project, 2)
    first = assigning.next_assignment(project=project, person=labeler)
    assert assigning.next_assignment(project=project, person=labeler) == first
    second = assigning.next_assignment(project=project, person=labeler, holding=[first.pk])
    assert second.task != first.task


def test_a_task_is_not_given_twice_to_a_person_nor_beyond_its_overlap(
    project_factory, person_factory
):
    project = project_factory(overlap=2, gold_rate=0)
    make_tasks(project)
    people = [person_factory(f"p{n}", project, "labeler") for n in range(3)]
    leases = [assigning.next_assignment(project=project, person=person) for person in people]
    assert [lease and lease.slot for lease in leases] == [1, 2, None]
    submit(people[0], project, leases[0], A_IS_BETTER)
    assert assigning.next_assignment(project=project, person=people[0]) is None


def test_higher_priority_comes_first(project, labeler):
    make_tasks(project, 2)
    urgent = assigning.Task.objects.order_by("-id").first()
    assigning.Task.objects.filter(pk=urgent.pk).update(priority=5)
    assert assigning.next_assignment(project=project, person=labeler).task == urgent


def test_an_expired_lease_frees_its_slot_for_others_and_keeps_its_draft(
    project, labeler, person_factory
):
    make_tasks(project)
    lease = assigning.next_assignment(project=project, person=labeler)
    assigning.save_draft(assignment_id=lease.pk, person=labeler, draft={"answer": {"choice": "a"}})
    other = person_factory("bo", project, "labeler")
    assert assigning.next_assignment(project=project, person=other) is None
    expire(lease)
    taken = assigning.next_assignment(project=project, person=other)
    assert taken.slot == 1
    expire(taken)
    again = assigning.next_assignment(project=project, person=labeler)
    assert (again.pk, again.draft) == (lease.pk, {"answer": {"choice": "a"}})
    assert again.display_order == lease.display_order


def test_a_skipped_task_goes_to_others_and_does_not_come_back(project, labeler, person_factory):
    make_tasks(project)
    lease = assigning.next_assignment(project=project, person=labeler)
    assigning.skip(assignment_id=lease.pk, person=labeler, reason="not my field")
    assert assigning.next_assignment(project=project, person=labeler) is None
    other = person_factory("bo", project, "labeler")
    assert assigning.next_assignment(project=project, person=other).slot == 1


def test_nobody_touches_the_lease_of_another(project, labeler, person_factory):
    make_tasks(project)
    lease = assigning.next_assignment(project=project, person=labeler)
    other = person_factory("bo", project, "labeler")
    for deed in (assigning.skip, assigning.save_draft):
        extra = {"draft": {}} if deed is assigning.save_draft else {}
        with pytest.raises(assigning.LeaseError, match="not yours"):
            deed(assignment_id=lease.pk, person=other, **extra)


def test_paused_projects_and_suspended_people_get_nothing(project, labeler, admin):
    make_tasks(project)
    qualifying.record_stage(
        project=project, person=labeler, stage="suspended", recorded_by=admin, reason="too fast"
    )
    with pytest.raises(assigning.LeaseError, match="suspended"):
        assigning.next_assignment(project=project, person=labeler)
    project.state = Project.State.PAUSED
    with pytest.raises(assigning.LeaseError, match="paused"):
        assigning.next_assignment(project=project, person=admin)


def test_hoarding_leases_is_refused(project, labeler):
    make_tasks(project, assigning.MAX_LEASES + 1)
    held = []
    for _ in range(assigning.MAX_LEASES):
        lease = assigning.next_assignment(project=project, person=labeler, holding=held)
        held.append(lease.pk)
    with pytest.raises(assigning.LeaseError, match="too many"):
        assigning.next_assignment(project=project, person=labeler, holding=held)


def test_gold_is_mixed_in_without_a_slot(project_factory, person_factory):
    from annotation import tasking
    from annotation.candidates import KnownAnswer

    project = project_factory(gold_rate=0.5)
    gold = candidate(100, gold=KnownAnswer([1, 2]), explanation="The first is right.")
    tasking.add_candidates(project=project, added_by=None, candidates=[gold])
    make_tasks(project, 60)
    person = person_factory("bo", project, "labeler")
    seen = []
    for _ in range(30):
        lease = assigning.next_assignment(project=project, person=person)
        seen.append(lease.task.is_gold)
        assert (lease.slot is None) == lease.task.is_gold
        submit(person, project, lease, A_IS_BETTER)
    assert seen.count(True) == 1


def test_the_database_refuses_a_slot_outside_the_overlap_and_a_slot_held_twice(
    project, labeler, person_factory
):
    make_tasks(project)
    lease = assigning.next_assignment(project=project, person=labeler)
    other = person_factory("bo", project, "labeler")
    same = {"task": lease.task, "person": other, "display_order": [0, 1]}
    for slot in (1, 2, 0):
        with pytest.raises(IntegrityError), transaction.atomic():
            Assignment.objects.create(slot=slot, expires_at=lease.expires_at, **same)


@pytest.mark.django_db(transaction=True)
def test_concurrent_labelers_never_share_a_slot(project_factory, person_factory):
    project = project_factory(overlap=2, gold_rate=0)
    make_tasks(project, 10)
    people = [person_factory(f"p{n}", project, "labeler") for n in range(8)]
    barrier = threading.Barrier(len(people))

    def work(person):
        barrier.wait()
        while lease := assigning.next_assignment(project=project, person=person):
            submit(person, project, lease, A_IS_BETTER)

    assert at_once(*(partial(work, person) for person in people)) == []
    for task in project.tasks.all():
        counted = task.judgments.filter(standing="counted", is_current=True)
        assert sorted(counted.values_list("slot", flat=True)) == [1, 2]
        assert (task.state, task.counted, task.free_slots) == ("closed", 2, 0)
