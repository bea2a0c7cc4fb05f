"""Kept figures: when they are measured again, on the spot and in the background."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from annotation import judging
from annotation.figures import keeping_figures, measuring
from annotation.models import KeptFigures
from labelers import audit
from labelers.models import AuditEvent
from tests.annotation.making import A_IS_BETTER, B_IS_BETTER, answer_next, make_tasks


@pytest.fixture
def measured(monkeypatch):
    """How many times a project was measured."""
    calls = []
    measure = measuring.measure

    def counting(project):
        calls.append(project)
        return measure(project)

    monkeypatch.setattr(measuring, "measure", counting)
    return calls


@pytest.fixture
def large(monkeypatch):
    """Every project is too large to be measured while a page waits."""
    monkeypatch.setattr(keeping_figures, "SMALL", -1)


def figures(project, name="quality"):
    return keeping_figures.figures(project=project, name=name)


def age(project, **by):
    """Make figures and deeds older."""
    with transaction.atomic(), audit.rewriting():
        for model, field in ((KeptFigures, "computed_at"), (AuditEvent, "at")):
            for row in model.objects.filter(project=project):
                older = getattr(row, field) - timedelta(**by)
                model.objects.filter(pk=row.pk).update(**{field: older})


def queued():
    return ProcrastinateJob.objects.filter(task_name="annotation.keep_figures", status="todo")


def test_every_set_is_measured_at_once_and_kept(project, labeler, measured):
    make_tasks(project, 2)
    answer_next(labeler, project, A_IS_BETTER)
    found = {name: figures(project, name) for name in measuring.NAMES}
    assert len(measured) == 1
    assert found["quality"].figures["judgments"] == 1
    assert all(kept.is_current for kept in found.values())
    assert timezone.now() - found["quality"].computed_at < timedelta(seconds=30)
    assert KeptFigures.objects.count() == len(measuring.NAMES)


def test_a_small_project_follows_every_answer_correction_and_withdrawal(project, labeler, measured):
    make_tasks(project, 3)
    answer_next(labeler, project, A_IS_BETTER)
    assert figures(project).figures["judgments"] == 1
    last = answer_next(labeler, project, B_IS_BETTER)
    assert figures(project).figures["judgments"] == 2
    judging.undo_last(person=labeler, project=project)
    assert figures(project).figures["judgments"] == 1
    assert len(measured) == 3
    # Even what was written past the deeds is seen.
    type(last).objects.update(is_current=False)
    assert figures(project).figures["judgments"] == 0


def test_what_has_settled_is_never_measured_again(project, labeler, measured):
    make_tasks(project)
    answer_next(labeler, project, A_IS_BETTER)
    figures(project)
    age(project, seconds=50)
    figures(project)
    assert len(measured) == 1
    # A minute after the figures they are measured once more: the deed was just before them.
    age(project, seconds=20)
    figures(project)
    assert len(measured) == 2
    age(project, hours=3)
    figures(project)
    assert len(measured) == 2


def test_a_large_project_is_measured_in_the_background(project, labeler, measured, large):
    make_tasks(project)
    answer_next(labeler, project, A_IS_BETTER)
    kept = figures(project)
    assert (kept.figures, kept.is_current, measured) == (None, True, [])
    figures(project)
    assert [job.args for job in queued()] == [{"project": project.pk}]
    keeping_figures.keep(project=project)
    assert figures(project).figures["judgments"] == 1


def test_a_large_project_is_shown_as_it_was_while_newer_figures_come(
    project, labeler, measured, large
):
    make_tasks(project, 2)
    answer_next(labeler, project, A_IS_BETTER)
    keeping_figures.keep(project=project)
    answer_next(labeler, project, A_IS_BETTER)
    # Figures of less than a minute ago are good enough.
    assert figures(project).is_current
    assert not queued().exists()
    age(project, seconds=70)
    kept = figures(project)
    assert (kept.figures["judgments"], kept.is_current) == (1, False)
    assert queued().count() == 1


def test_the_periodic_job_leaves_small_projects_to_their_pages(project, labeler):
    make_tasks(project)
    assert keeping_figures.keep_changed() == 0


def test_the_periodic_job_asks_for_projects_that_changed(project, labeler, project_factory, large):
    project_factory("archived").__class__.objects.filter(slug="archived").update(state="archived")
    make_tasks(project)
    assert keeping_figures.keep_changed() == 1
    queued().update(status="succeeded")
    keeping_figures.keep(project=project)
    age(project, minutes=5)
    assert keeping_figures.keep_changed() == 1
    queued().update(status="succeeded")
    keeping_figures.keep(project=project)
    assert keeping_figures.keep_changed() == 0
    with transaction.atomic():
        audit.record(actor=labeler, action="judgment.submitted", project=project)
    assert keeping_figures.keep_changed() == 1


def test_the_basis_costs_the_same_whatever_the_size(
    project, labeler, large, django_assert_num_queries
):
    make_tasks(project)
    answer_next(labeler, project, A_IS_BETTER)
    with django_assert_num_queries(2):
        before = keeping_figures.basis_of(project)
    assert not before.is_small
    judging.undo_last(person=labeler, project=project)
    assert keeping_figures.basis_of(project).mark != before.mark


def test_figures_of_an_empty_project(project):
    kept = figures(project)
    assert kept.figures["judgments"] == 0
    assert kept.is_current
