"""The background tasks call what the pages and the command call."""

import pytest

from annotation.models import Judgment
from exports import jobs, snapshotting
from tests.annotation.making import A_IS_BETTER

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_job_builds_and_may_run_twice(project, label):
    label(project, [A_IS_BETTER])
    made = snapshotting.request_snapshot(project=project, created_by=None, name="x")
    jobs.build_snapshot(snapshot_uid=str(made.uid))
    jobs.build_snapshot(snapshot_uid=str(made.uid))
    made.refresh_from_db()
    assert made.state == "done"
    assert made.attempts == 1


def test_the_rounds_take_up_what_waits_and_mark_what_was_voided(project, label):
    label(project, [A_IS_BETTER])
    made = snapshotting.request_snapshot(project=project, created_by=None, name="x")
    jobs.build_waiting(timestamp=0)
    Judgment.objects.update(standing="voided", is_current=False, slot=None)
    jobs.note_voided(timestamp=0)
    made.refresh_from_db()
    assert made.state == "done"
    assert made.contains_voided
