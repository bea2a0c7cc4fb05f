"""Who may see a run, what may be chosen, and the lineage of a checkpoint."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from labelers import roles
from training import queries
from training.models import Run

pytestmark = pytest.mark.django_db(transaction=True)


def test_strangers_learn_nothing_and_labelers_are_refused(
    run_factory, engineer, labeler, stranger
) -> None:
    run = run_factory()
    assert queries.find_run(engineer, run.uid, roles.TRAINING) == run
    with pytest.raises(PermissionDenied):
        queries.find_run(labeler, run.uid, roles.READING)
    refusals = []
    for uid in (run.uid, uuid.uuid4()):
        with pytest.raises(Http404) as caught:
            queries.find_run(stranger, uid, roles.READING)
        refusals.append(str(caught.value))
    assert refusals[0] == refusals[1], "a run that is hidden reads like one that is not there"


def test_lineage_goes_back_to_the_plain_model_and_forward(done_run, run_factory, snapshot) -> None:
    checkpoint = done_run.checkpoints.get(is_best=True)
    middle = run_factory("middle", parent=checkpoint)
    found = queries.lineage(middle)
    assert (found.snapshot, found.parents, found.checkpoints) == (snapshot, [checkpoint], [])
    assert queries.lineage(done_run).children == [middle]
    assert list(queries.runs_of(snapshot.project, snapshot)) == [middle, done_run]


def test_only_checkpoints_on_disk_of_ended_runs_may_be_started_from(done_run, project) -> None:
    assert {c.step for c in queries.usable_checkpoints(project)} == {6}
    done_run.checkpoints.update(available=False)
    assert not queries.usable_checkpoints(project)
    done_run.checkpoints.update(available=True)
    Run.objects.update(state="running", finished_at=None)
    assert not queries.usable_checkpoints(project)


def test_the_project_of_new_tasks_is_one_that_the_person_trains_in(
    engineer, labeler, stranger, project, person_factory
) -> None:
    assert list(queries.projects_for_tasks(engineer)) == [project]
    assert not queries.projects_for_tasks(labeler)
    assert project not in queries.projects_for_tasks(stranger)
    assert project in queries.projects_for_tasks(person_factory("root", is_staff=True))
