"""Looks before a run: the same refusals, no place in any list, and forgotten after a day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from labelers.models import AuditEvent
from training import checking, data_report, lineage, queries, voided
from training.models import Run
from training.running import follow

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(project, snapshot):
    return {
        "project": project, "created_by": None, "trainer": "reward_model", "snapshot": snapshot,
        "config": {"model": "tiny", "learning_rate": 0.0, "max_steps": 2},
    }  # fmt: skip


def test_a_check_waits_before_runs_and_stands_in_no_list(asked, project, snapshot) -> None:
    check = checking.request_check(**asked)
    assert check.is_check
    assert ProcrastinateJob.objects.get().priority > 0
    assert AuditEvent.objects.filter(action="run.check_requested").count() == 1
    assert not AuditEvent.objects.filter(action="run.requested").exists()
    assert list(queries.runs_of(project)) == []
    assert voided.runs_behind(project, [snapshot]) == []
    assert lineage.behind(check).snapshots == [snapshot]


def test_what_a_run_would_be_refused_for_is_refused_here(asked) -> None:
    with pytest.raises(ValidationError) as caught:
        checking.request_check(**asked | {"config": {"epochs": -1}})
    assert list(caught.value.message_dict) == ["epochs"]
    assert not Run.objects.exists()


@pytest.mark.parametrize("trainer", ["raft", "generate", "score"])
def test_a_trainer_without_a_check_is_refused(asked, trainer) -> None:
    with pytest.raises(ValidationError, match="cannot look at data and cost first") as caught:
        checking.request_check(**asked | {"trainer": trainer, "config": {}})
    assert list(caught.value.message_dict) == ["trainer"]
    assert not Run.objects.exists()


def test_old_checks_are_forgotten_with_their_folders(
    asked, django_capture_on_commit_callbacks
) -> None:
    old, recent = checking.request_check(**asked), checking.request_check(**asked)
    for check, days in ((old, 2), (recent, 0)):
        Run.objects.filter(pk=check.pk).update(
            state="done", finished_at=timezone.now() - timedelta(days=days)
        )
    with django_capture_on_commit_callbacks(execute=True):
        checking.request_check(**asked)
    assert not Run.objects.filter(pk=old.pk).exists()
    assert (old.path.exists(), recent.path.exists()) == (False, True)


@pytest.mark.django_db(transaction=True)
def test_the_trainer_is_told_that_it_is_a_check(asked, small_trainer) -> None:
    check = checking.request_check(**asked)
    follow(check.uid, interval=0.05)
    check.refresh_from_db()
    assert (check.state, check.checkpoints.count()) == ("done", 0)
    report = data_report.read(check)
    assert report is not None
    assert report.warnings == ["It is small."]
    assert AuditEvent.objects.filter(action="run.check_done").count() == 1
