"""Clocks that jump an hour, forth or back: leases, answers, sessions, ongoing tests, periodic jobs.

The clock of a web server is `timezone.now` (patched in this process); that of the database is in
the rows it stamped (shifted). What a jump may do is to lengthen or shorten a wait; it may not lose,
double or judge anything.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from annotation import assigning, judging
from annotation.models import Assignment, Judgment, Task, Watch
from annotation.watch import watched_work, watching
from tests.annotation.making import A_IS_BETTER, answer_next, inverse, make_tasks, submit

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
_real_now = timezone.now


@pytest.fixture
def jump(monkeypatch):
    """Have this web server's clock differ from the database's by so much from now on."""

    def by(difference: timedelta) -> None:
        def now() -> datetime:
            return _real_now() + difference

        monkeypatch.setattr(timezone, "now", now)

    return by


def slots_hold(task: Task) -> bool:
    task.refresh_from_db()
    held = Assignment.objects.filter(task=task, slot__isnull=False).count()
    counted = Judgment.objects.filter(task=task, is_current=True, standing="counted").count()
    return task.free_slots == task.overlap - held and task.counted == counted <= task.overlap


@pytest.mark.parametrize("difference", [HOUR, -HOUR], ids=["forth", "back"])
def test_an_answer_to_a_lease_of_before_is_kept(project, labeler, jump, difference):
    (task,) = make_tasks(project, 1)
    assignment = assigning.next_assignment(project=project, person=labeler)
    jump(difference)
    assigning.release_expired()
    judgment = submit(labeler, project, assignment, A_IS_BETTER)
    assert judgment.standing == "counted"
    assert slots_hold(task)


def test_a_lease_that_a_jump_ended_goes_on_and_nobody_is_lost(
    project_factory, person_factory, jump
):
    project = project_factory("clocks", overlap=1, gold_rate=0)
    first = person_factory("first", project, "labeler")
    second = person_factory("second", project, "labeler")
    (task,) = make_tasks(project, 1)
    held = assigning.next_assignment(project=project, person=first)
    assert assigning.next_assignment(project=project, person=second) is None
    jump(HOUR)
    given = assigning.next_assignment(project=project, person=second)
    assert given is not None
    late = submit(first, project, held, A_IS_BETTER)
    counted = submit(second, project, given, A_IS_BETTER)
    assert {late.standing, counted.standing} == {"surplus", "counted"}
    assert slots_hold(task)


def test_work_goes_on_when_the_clock_went_back(project, labeler, jump):
    make_tasks(project, 5)
    jump(HOUR)
    answer_next(labeler, project, A_IS_BETTER)
    held = assigning.next_assignment(project=project, person=labeler)
    jump(timedelta(0))
    assert assigning.next_assignment(project=project, person=labeler).pk == held.pk
    for _ in range(4):
        answer_next(labeler, project, A_IS_BETTER)
    assert Judgment.objects.filter(standing="counted").count() == 5


def test_what_may_be_corrected_is_refused_or_allowed_but_never_lost(project, labeler, jump):
    make_tasks(project, 2)
    settings = project.settings
    settings.correction_seconds = 60
    settings.save()
    judgment = answer_next(labeler, project, A_IS_BETTER)
    jump(HOUR)
    with pytest.raises(assigning.LeaseError, match="can no longer be corrected"):
        judging.undo_last(person=labeler, project=project)
    judgment.refresh_from_db()
    assert judgment.is_current
    jump(-HOUR)
    assignment = judging.undo_last(person=labeler, project=project)
    assert assignment is not None
    order = inverse(assignment.display_order)
    assert judging.kind_of(assignment.task).reorder(assignment.draft["answer"], order)
    assert submit(labeler, project, assignment, A_IS_BETTER).revision == 2


@pytest.mark.parametrize("difference", [HOUR, -HOUR], ids=["forth", "back"])
def test_whoever_is_signed_in_stays_so(client, labeler, jump, difference):
    client.force_login(labeler)
    assert client.get("/api/v1/me/").status_code == 200
    jump(difference)
    assert client.get("/api/v1/me/").status_code == 200


def test_ongoing_tests_go_by_the_order_of_answers_and_not_by_their_times(
    project_factory, person_factory
):
    project = project_factory("ongoing", overlap=3, gold_rate=0)
    tasks = make_tasks(project, 12)
    people = [person_factory(f"p{n}", project, "labeler") for n in range(3)]
    for person in people:
        for _ in tasks:
            answer_next(person, project, A_IS_BETTER)
    before = watched_work.read(project)
    watching.refresh(project=project)
    told = {watch.person_id: watch.figures for watch in Watch.objects.all()}
    middle = int(np.median(before.id))
    # The clock of the database went back an hour in the middle of this work.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE annotation_judgment SET created_at = created_at - interval '1 hour'"
            " WHERE id > %s",
            [middle],
        )
    after = watched_work.read(project)
    assert after.id.tolist() == before.id.tolist()
    assert (np.diff(after.at) < -3000).any()
    watching.refresh(project=project)
    for watch in Watch.objects.all():
        for name in ("gold", "consensus", "corrected"):
            assert watch.figures.get(name) == told[watch.person_id].get(name)


@pytest.mark.parametrize("jumped", [3600, -3600], ids=["forth", "back"])
def test_periodic_jobs_are_deferred_after_a_jump_and_once_per_time(jumped):
    """By procrastinate's own function: what it has deferred for a later time stops no earlier."""
    defer = (
        "SELECT procrastinate_defer_periodic_job_v2("
        "'light', NULL, NULL, 'tests.tick', 0, 'tick', %s, '{}'::jsonb)"
    )
    now = 1_900_000_000
    with connection.cursor() as cursor:

        def is_deferred(at: int) -> bool:
            cursor.execute(defer, [at])
            return cursor.fetchone()[0] is not None

        assert [is_deferred(now), is_deferred(now)] == [True, False]
        assert [is_deferred(now + jumped), is_deferred(now + jumped)] == [True, False]
        assert is_deferred(now + jumped + 20)
