"""The next task from a kept place: whatever happens meanwhile, what the whole queue would give."""

from __future__ import annotations

import os
import random
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from annotation import assigning, finding, judging, openings
from annotation.models import Assignment, Desk, Influx, Prompt, Task
from annotation.models.tasks import QUEUE
from labelers import preferences
from tests.annotation.making import A_IS_BETTER, candidate, make_tasks, submit


def first_of(project, person):
    """What the plain question says is next."""
    return openings.takeable(project, person).order_by(*QUEUE).first()


def take(project, person):
    return assigning.next_assignment(project=project, person=person)


def answer(project, person):
    lease = take(project, person)
    submit(person, project, lease, A_IS_BETTER)
    return lease.task_id


@pytest.fixture
def shared(project_factory):
    return project_factory("shared", overlap=2, gold_rate=0)


@pytest.fixture
def people(shared, person_factory):
    return [person_factory(f"p{n}", shared, "labeler") for n in range(3)]


def change_something(chance, project, people):
    """One thing that labelers, admins or time do."""
    person = chance.choice(people)
    task = Task.objects.filter(project=project).order_by("?").first()
    deed = chance.randrange(11)
    if deed < 5:
        lease = take(project, person)
        if lease is not None and chance.random() < 0.8:
            submit(person, project, lease, A_IS_BETTER)
    elif deed == 5:
        lease = take(project, person)
        if lease is not None:
            assigning.skip(assignment_id=lease.pk, person=person)
    elif deed == 6:
        live = Assignment.objects.filter(state="live")
        live.update(expires_at=timezone.now() - timedelta(seconds=1))
        assigning.release_expired(project=project)
    elif deed == 7:
        judging.undo_last(person=person, project=project)
    elif deed == 8:
        Task.objects.filter(pk=task.pk).update(priority=chance.randrange(3))
    elif deed == 9:
        Task.objects.filter(pk=task.pk).update(value=chance.random())
    else:
        Task.objects.filter(pk=task.pk, state="open").update(state="retired")
        Task.objects.filter(state="retired").exclude(pk=task.pk).update(state="open")


SEEDS = int(os.environ.get("ACCORD_FINDING_SEEDS", "1"))
"""One walk in every run; more of them where somebody changes how the next task is found."""


@pytest.mark.parametrize("seed", range(SEEDS))
def test_after_anything_the_next_task_is_the_first_of_the_whole_queue(shared, people, seed):
    chance = random.Random(seed)
    make_tasks(shared, 12)
    for step in range(30):
        if step == 17:
            make_tasks(shared, 45)
        change_something(chance, shared, people)
        person = chance.choice(people)
        held = Assignment.objects.filter(person=person, state="live")
        if held.exists():
            continue
        expected = first_of(shared, person)
        given = take(shared, person)
        assert (given and given.task_id) == (expected and expected.pk), f"step {step}"
        if given is not None and chance.random() < 0.7:
            submit(person, shared, given, A_IS_BETTER)


def test_a_place_moves_forward_and_a_search_walks_on_from_it(shared, people):
    make_tasks(shared, 30)
    done = [answer(shared, people[0]) for _ in range(10)]
    assert done == sorted(done)
    desk = Desk.objects.get(project=shared, person=people[0])
    assert desk.task == done[-1]


def test_what_comes_back_before_the_place_is_given_first(shared, people):
    tasks = make_tasks(shared, 30)
    # Others leave the third and the first task to come back when this person is further on.
    held = [take(shared, people[1])]
    held += [
        assigning.next_assignment(
            project=shared, person=people[1], holding=[lease.pk for lease in held]
        )
    ]
    for lease in held:
        Task.objects.filter(pk=lease.task_id).update(free_slots=0, overlap=1)
    assert answer(shared, people[0]) == tasks[2].pk
    for lease in reversed(held):
        assigning.skip(assignment_id=lease.pk, person=people[1])
    assert [answer(shared, people[0]) for _ in range(3)] == [task.pk for task in tasks[:2]] + [
        tasks[3].pk
    ]


def test_many_that_come_at_once_are_one_note_and_are_found(shared, people):
    (old,) = make_tasks(shared, 1)
    assert answer(shared, people[0]) == old.pk
    assert take(shared, people[0]) is None
    Influx.objects.all().delete()
    made = make_tasks(shared, 40)
    assert Influx.objects.filter(project=shared).count() == 1
    assert answer(shared, people[0]) == made[1].pk
    Influx.objects.update(came_at=timezone.now() - timedelta(days=2))
    assert finding.forget_influxes() == 1
    assert answer(shared, people[0]) == made[2].pk


def test_places_of_another_server_are_not_believed(shared, people):
    tasks = make_tasks(shared, 5)
    answer(shared, people[0])
    # As in a restored copy, whose transactions are numbered from the beginning.
    Desk.objects.update(since=2**50, task=tasks[-1].pk + 1)
    assert answer(shared, people[0]) == tasks[1].pk


def test_more_than_are_looked_at_make_a_search_begin_anew(shared, people, monkeypatch):
    monkeypatch.setattr(finding, "MOST_RETURNED", 2)
    finding._written.cache_clear()
    try:
        tasks = make_tasks(shared, 12)
        for _ in range(8):
            answer(shared, people[0])
        Task.objects.filter(pk__in=[task.pk for task in tasks[8:]]).update(priority=1)
        assert answer(shared, people[0]) == tasks[8].pk
    finally:
        finding._written.cache_clear()


def test_languages_that_are_not_read_are_not_given(shared, people):
    make_tasks(shared, 4)
    for number, language in enumerate(("de", "pt_BR", "", "JA")):
        prompt = shared.tasks.order_by("id")[number].prompt_id
        Prompt.objects.filter(pk=prompt).update(language=language)
    tasks = list(shared.tasks.order_by("id"))
    preferences.save_preferences(person=people[0], changes={"languages": ["ja", "pt"]})
    assert openings.takeable(shared, people[0]).count() == 3
    assert [answer(shared, people[0]) for _ in range(3)] == [task.pk for task in tasks[1:]]
    assert take(shared, people[0]) is None
    # Who reads more is given more, although their place is further on.
    preferences.save_preferences(person=people[0], changes={"languages": []})
    assert answer(shared, people[0]) == tasks[0].pk


def test_own_work_is_not_given(shared, people):
    tasks = make_tasks(shared, 2)
    Task.objects.filter(pk=tasks[0].pk).update(not_for=people[0])
    assert answer(shared, people[0]) == tasks[1].pk
    assert take(shared, people[0]) is None
    assert answer(shared, people[1]) == tasks[0].pk


def test_a_search_uses_the_index_of_the_queue(shared, people):
    make_tasks(shared, 30)
    answer(shared, people[0])
    from annotation.seats import seat_of

    seat = seat_of(shared, people[0])
    values = finding._values(seat, seat.place)
    with connection.cursor() as cursor:
        # So few rows may be sorted more cheaply; only this index gives their order without.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("EXPLAIN " + finding._statement("search", seat), values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert plan.count("queue_of_project") == 2


def test_gold_is_drawn_without_reading_the_pool(project_factory, person_factory):
    from annotation import tasking
    from annotation.candidates import KnownAnswer

    project = project_factory("golden", gold_rate=0.5)
    golds = [candidate(n, gold=KnownAnswer([1, 2]), explanation="So it is.") for n in range(20)]
    tasking.add_candidates(project=project, added_by=None, candidates=golds)
    seen = set()
    for number in range(12):
        person = person_factory(f"g{number}", project, "labeler")
        from annotation.seats import seat_of

        seen.add(assigning._draw_gold(seat_of(project, person)).pk)
    assert len(seen) > 3
