"""Undoing a voiding gives back what is free, once, and tells the labeler."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from annotation.models import Judgment
from annotation.watch import restoring
from labelers.models import AuditEvent
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next, make_tasks
from tests.annotation.watch.test_voiding import assert_consistent, restore, void


@pytest.fixture
def other(person_factory, project):
    return person_factory("bo", project, "labeler")


def test_undoing_takes_the_places_that_are_free_and_no_others(project, labeler, other, admin):
    make_tasks(project, 2)
    for _ in range(2):
        answer_next(labeler, project, A_IS_BETTER)
    made = void(project, labeler)
    answer_next(other, project, B_IS_BETTER)
    assert restore(made, admin) == {"counted": 1, "surplus": 1, "other": 0, "left": 0}
    assert_consistent(project)
    assert not Judgment.objects.filter(voiding=made).exists()
    assert set(project.tasks.values_list("state", flat=True)) == {"closed"}
    with pytest.raises(ValidationError, match="already undone"):
        restore(made, admin)
    made.refresh_from_db()
    assert made.restored_by == admin


def test_an_answer_given_anew_is_not_doubled(project, labeler):
    make_tasks(project)
    first = answer_next(labeler, project, A_IS_BETTER)
    made = void(project, labeler)
    Judgment.objects.create(
        task=first.task,
        person=labeler,
        revision=2,
        standing="surplus",
        answer=A_IS_BETTER,
        display_order=[0, 1],
        client_id=uuid.uuid4(),
    )
    assert restore(made)["left"] == 1
    assert Judgment.objects.filter(is_current=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_undone_twice_at_once_it_is_undone_once(project, labeler, admin):
    make_tasks(project, 5)
    for _ in range(5):
        answer_next(labeler, project, A_IS_BETTER)
    made = void(project, labeler)
    done, refused = [], []

    def undo():
        try:
            done.append(restoring.restore(voiding=made, restored_by=admin))
        except ValidationError as problem:
            refused.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=undo) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(refused)) == (1, 3)
    assert done[0]["counted"] == 5
    assert_consistent(project)
    assert AuditEvent.objects.filter(action="judgments.restored").count() == 1
